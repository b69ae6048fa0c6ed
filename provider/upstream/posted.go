package upstream

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"signet/keys"
	"signet/storage"
)

// Posted is a token that a front end has got from a provider by itself.
type Posted struct {
	// Source is the id of the source.
	Source string
	// Token is the token.
	Token keys.Secret
	// Binding is what the nonce was bound to, see Nonce.
	Binding string
	// Nonce is the one that Nonce gave, where what the token has is its SHA-256 in hexadecimal, as applications of Apple and Google do
	// it; empty otherwise.
	Nonce string
	// Vouched says that a client that has authenticated brings the token in exchange (RFC 8693), for which there is no nonce of ours.
	Vouched bool
}

// nonceLife is for how long a nonce may wait for its token.
const nonceLife = 10 * time.Minute

// sealedNonce is what a nonce means. It is sealed, so giving one out costs nothing.
type sealedNonce struct {
	Source  string `json:"s"`
	Binding []byte `json:"b"`
	Ends    int64  `json:"x"`
}

const noncePurpose = "upstream.nonce"

// Nonce returns one for a front end that will get an ID token of a source by itself. Only a token with it is taken, once, from who
// shows the same binding.
func (u *Upstreams) Nonce(source, binding string) (string, error) {
	s, err := u.Source(source)
	if err != nil {
		return "", err
	}
	plain, err := json.Marshal(sealedNonce{Source: s.ID, Binding: u.bind(binding), Ends: u.db.Now().Add(nonceLife).Unix()})
	if err != nil {
		return "", err
	}
	return u.sealer.SealString(noncePurpose, plain, nil), nil
}

// openNonce tells whether a nonce is ours, for this source and binding, and when it ends.
func (u *Upstreams) openNonce(s *Source, nonce, binding string) (ends int64, ok bool) {
	plain, err := u.sealer.OpenString(noncePurpose, nonce, nil)
	if err != nil {
		return 0, false
	}
	var n sealedNonce
	if json.Unmarshal(plain, &n) != nil || n.Source != s.ID || n.Ends <= u.db.Now().Unix() || string(n.Binding) != string(u.bind(binding)) {
		return 0, false
	}
	return n.Ends, true
}

// VerifyIDToken finds out who an ID token is about, and appends to a batch that it is used: it counts once until it ends. It must be
// for us alone and, unless it is vouched for, have a nonce of ours. The errors are ErrSource, ErrNoRule, ErrPosted, ErrDown, ErrDomain.
func (u *Upstreams) VerifyIDToken(ctx context.Context, b *storage.Batch, p Posted) (*Identity, error) {
	s, err := u.Source(p.Source)
	if err != nil {
		return nil, err
	}
	if s.Protocol != OIDC {
		return nil, s.wrong(ErrNoRule, errors.New("it has no ID tokens"))
	}
	ctx, cancel := context.WithTimeout(ctx, u.timeout)
	defer cancel()
	var used []mark
	want := expected{audiences: s.ours(), sole: true, nonce: func(claim string) bool {
		if p.Vouched && p.Nonce == "" {
			return true
		}
		nonce, ends, ok := u.postedNonce(s, p, claim)
		used = append(used, mark{"nonce", nonce, ends})
		return ok
	}}
	claims, issuer, err := u.verifyIDToken(ctx, s, p.Token.Reveal(), want)
	if err != nil {
		return nil, posted(s, err)
	}
	id, err := s.identify(issuer, claims, Tokens{ID: p.Token})
	if err != nil {
		return nil, posted(s, err)
	}
	for _, m := range append(used, tokenMarks(p.Token, claims)...) {
		u.seen.Spend(b, m.id(u, s), m.ends)
	}
	return id, nil
}

// postedNonce is the nonce behind the claim of a token: the claim itself, or the one whose hash it is.
func (u *Upstreams) postedNonce(s *Source, p Posted, claim string) (nonce string, ends int64, ok bool) {
	nonce = claim
	if sum := sha256.Sum256([]byte(p.Nonce)); p.Nonce != "" && claim == hex.EncodeToString(sum[:]) {
		nonce = p.Nonce
	}
	if p.Nonce != "" && nonce != p.Nonce {
		return "", 0, false
	}
	ends, ok = u.openNonce(s, nonce, p.Binding)
	return nonce, ends, ok
}

// mark is something of a token that may be seen once.
type mark struct {
	kind, value string
	ends        int64
}

func (m mark) id(u *Upstreams, s *Source) string {
	return string(u.db.Hash("upstream.seen", []byte(strings.Join([]string{s.ID, m.kind, m.value}, "\x00"))))
}

// tokenMarks are a token's text, without its signature, of which there may be several good ones, and its jti.
func tokenMarks(token keys.Secret, claims map[string]any) []mark {
	text := token.Reveal()
	ends := wholeOf(claims["exp"])
	marks := []mark{{"text", text[:strings.LastIndexByte(text, '.')], ends}}
	if jti, _ := claims["jti"].(string); jti != "" {
		marks = append(marks, mark{"jti", jti, ends})
	}
	return marks
}

// ours are the client ids that a token may be for.
func (s *Source) ours() []string { return append([]string{s.ClientID}, s.Audiences...) }

// posted makes of an answer that is not right a token that is not for us: somebody else brought it.
func posted(s *Source, err error) error {
	if errors.Is(err, ErrAnswer) {
		return &Error{Source: s.ID, Kind: ErrPosted, Cause: err}
	}
	return err
}

// VerifyAccessToken finds out whose an access token is that a front end has got by itself, after the provider has said that it was
// issued to us: otherwise every other application could bring the tokens of its people. The errors are ErrSource, ErrNoRule, ErrPosted,
// ErrDown, ErrDomain.
func (u *Upstreams) VerifyAccessToken(ctx context.Context, p Posted) (*Identity, error) {
	s, err := u.Source(p.Source)
	if err != nil {
		return nil, err
	}
	rule, ok := audienceRules[s.Audience]
	if !ok || s.Protocol == OAuth1 || s.Protocol == LDAP {
		return nil, s.wrong(ErrNoRule, nil)
	}
	if looksLikeIDToken(p.Token) {
		return nil, s.wrong(ErrPosted, errors.New("it is an ID token"))
	}
	ctx, cancel := context.WithTimeout(ctx, u.timeout)
	defer cancel()
	subject, err := rule(ctx, u, s, p.Token)
	if err != nil {
		return nil, posted(s, err)
	}
	id, err := u.Profile(ctx, s.ID, Tokens{Access: p.Token}, "")
	if err != nil {
		return nil, posted(s, err)
	}
	if subject != "" && subject != id.Subject {
		return nil, s.wrong(ErrPosted, errors.New("the profile is somebody else's"))
	}
	return id, nil
}

// looksLikeIDToken tells a token that is none for access: the proof that somebody signed in is not the right to ask for anything.
func looksLikeIDToken(token keys.Secret) bool {
	u, err := keys.ParseUnverified(token.Reveal(), keys.VerifyOptions{Algorithms: append(keys.Algorithms(), keys.SecretAlgorithms()...), Types: []string{keys.AnyType}, MaxBytes: maxIDToken})
	if err != nil || strings.Contains(strings.ToLower(u.Header.Type), "at+jwt") {
		return false
	}
	claims, err := readDocument(u.Payload)
	if err != nil {
		return false
	}
	has := func(name string) bool { _, there := claims[name]; return there }
	return claims["typ"] == "ID" || claims["token_use"] == "id" || slices.ContainsFunc([]string{"nonce", "at_hash", "c_hash"}, has)
}
