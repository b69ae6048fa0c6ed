package upstream

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"signet/keys"
)

// Identity is who somebody is at a source. Source, Issuer and Subject together name the person, byte for byte; nothing else does.
type Identity struct {
	Source string
	// Issuer is who vouches, with the tenant where each has an issuer of its own.
	Issuer string
	// Subject is the person there, as the provider wrote it.
	Subject string
	// Email is the address there; empty if there is none. EmailVerified says that by the source's rule it is the person's.
	Email         string
	EmailVerified bool
	// Claims are what the source's mapping makes of the profile, by the names of our claims: "name", "picture", "attributes.plan".
	Claims map[string]any
	// Extra is the profile as the provider sent it, a JSON object of at most 16 KiB without anything secret.
	Extra json.RawMessage
	// Tokens are the provider's.
	Tokens Tokens
	// SessionID is the claim sid, by which the provider may end the session later.
	SessionID string
	// ProvedAt is when the person proved there who they are, by a signed ID token, in Unix seconds; 0 if that was not said.
	ProvedAt int64
	// AMR, ACR and AuthTime are how and when the person was authenticated there; they are empty unless the source is trusted in that.
	AMR      []string
	ACR      string
	AuthTime int64
}

// Tokens are what the provider handed out. They print as [hidden] and are not kept unless the caller keeps them, sealed.
type Tokens struct {
	Access, Refresh keys.Secret
	// AccessSecret is the token's secret of OAuth 1.0a.
	AccessSecret keys.Secret
	// ID is the ID token.
	ID keys.Secret
	// Expires is when the access token ends in Unix seconds; 0 if that was not said.
	Expires int64
	// Scope is what was granted, if that was said.
	Scope string
}

const (
	// maxSubject and maxEmail are in bytes.
	maxSubject = 255
	maxEmail   = 254
	// maxExtra is in bytes, maxClaim of one mapped claim.
	maxExtra = 16 << 10
	maxClaim = 4 << 10
)

// protocolClaims are no part of a profile.
var protocolClaims = []string{"iss", "aud", "exp", "iat", "nbf", "jti", "nonce", "at_hash", "c_hash", "s_hash", "azp", "auth_time", "sid", "typ", "token_use", "ver", "uti", "rh", "aio"}

// identify makes an Identity of a profile by the source's rules.
func (s *Source) identify(issuer string, profile map[string]any, tokens Tokens) (*Identity, error) {
	id := &Identity{Source: s.ID, Issuer: issuer, Subject: textOf(find(profile, s.SubjectPath)), Tokens: tokens}
	if id.Subject == "" || len(id.Subject) > maxSubject || strings.ContainsRune(id.Subject, 0) {
		return nil, s.wrong(ErrAnswer, errNoSubject)
	}
	id.Email, _ = find(profile, s.EmailPath).(string)
	if _, ok := domainOf(id.Email); !ok || len(id.Email) > maxEmail {
		id.Email = ""
	}
	id.EmailVerified = id.Email != "" && s.verified(profile)
	if !s.allows(id.Email, id.EmailVerified) {
		return nil, s.wrong(ErrDomain, nil)
	}
	id.Claims = s.mapped(profile)
	id.Extra = extraOf(profile)
	id.SessionID, _ = profile["sid"].(string)
	if s.TrustAMR {
		id.ACR, _ = profile["acr"].(string)
		id.AMR = texts(profile["amr"])
		id.AuthTime = wholeOf(profile["auth_time"])
	}
	return id, nil
}

// verified believes only the JSON value true: what is "true", 1 or absent is not.
func (s *Source) verified(profile map[string]any) bool {
	switch s.EmailVerified {
	case VerifiedAlways:
		return true
	case VerifiedClaim:
		is, ok := find(profile, s.VerifiedPath).(bool)
		return ok && is
	}
	return false
}

// mapped follows the source's paths. What is absent, empty, null or too large is left out.
func (s *Source) mapped(profile map[string]any) map[string]any {
	claims := map[string]any{}
	for target, from := range s.Claims {
		v := find(profile, from)
		if v == nil || v == "" {
			continue
		}
		if !strings.HasPrefix(target, "attributes.") {
			text := textOf(v)
			if text == "" {
				continue
			}
			v = text
		}
		if raw, err := json.Marshal(v); err == nil && len(raw) <= maxClaim {
			claims[target] = v
		}
	}
	return claims
}

// extraOf is a profile without what is of the protocol or secret. Of one that is too large the largest members go.
func extraOf(profile map[string]any) json.RawMessage {
	kept := maps.Clone(profile)
	for _, name := range protocolClaims {
		delete(kept, name)
	}
	kept, _ = withoutSecrets(kept).(map[string]any)
	for {
		raw, err := json.Marshal(kept)
		if err != nil {
			return nil
		}
		if len(raw) <= maxExtra {
			return raw
		}
		delete(kept, largest(kept))
	}
}

// withoutSecrets drops, at every depth, members whose names are those of secrets.
func withoutSecrets(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for name, member := range v {
			if !secretName(name) {
				out[name] = withoutSecrets(member)
			}
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = withoutSecrets(v[i])
		}
		return out
	}
	return v
}

// secretName tells names that are those of secrets in the answers of providers.
func secretName(name string) bool {
	name = strings.ToLower(strings.NewReplacer("-", "", "_", "").Replace(name))
	return slices.ContainsFunc([]string{"token", "secret", "password", "privatekey", "apikey"}, func(part string) bool { return strings.Contains(name, part) })
}

// largest is the name of the member that takes the most room.
func largest(members map[string]any) string {
	name, most := "", -1
	for _, n := range slices.Sorted(maps.Keys(members)) {
		if raw, err := json.Marshal(members[n]); err == nil && len(raw) > most {
			name, most = n, len(raw)
		}
	}
	return name
}

// texts are the strings of a list.
func texts(v any) []string {
	list, _ := v.([]any)
	var all []string
	for _, item := range list {
		if s, ok := item.(string); ok && s != "" && len(s) <= 64 && len(all) < 16 {
			all = append(all, s)
		}
	}
	return all
}

// wholeOf is a number without a fraction, or 0.
func wholeOf(v any) int64 {
	n, ok := v.(json.Number)
	if !ok {
		return 0
	}
	whole, err := n.Int64()
	if err != nil {
		return 0
	}
	return whole
}

// expiresIn is when something ends that lives so many seconds.
func expiresIn(now time.Time, seconds int64) int64 {
	if seconds <= 0 || seconds > 10*365*24*3600 {
		return 0
	}
	return now.Unix() + seconds
}
