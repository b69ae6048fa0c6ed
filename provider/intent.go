package provider

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// intent is what an authorization request asks for, checked as far as it can be without knowing who is there.
type intent struct {
	client      *Client
	origin      Origin
	redirectURI string
	// kind is nil until the response type has been read.
	kind *responseType
	// mode is how the answer travels; jarm tells that it is a signed one (JARM §2.3).
	mode string
	jarm bool
	// unvouched is that of Answer, for refusals.
	unvouched bool
	state     string
	nonce     string
	scopes    []string
	prompts   []string
	// maxAge is in seconds, -1 if it was not asked.
	maxAge      int64
	hintSubject string
	claims      claimsRequest
	acrValues   []string
	// asked is what the person has to consent to: the scopes, and those of the claims that were asked for by name.
	asked []string
}

// Limits of parameters that are carried along and given back.
const (
	maxState = 2000
	maxNonce = 512
)

// repeatable parameters may come several times (RFC 8707 §2); all others are refused if they do (RFC 6749 §3.1).
var repeatable = []string{"resource", "audience"}

func checkRepeats(form url.Values) error {
	for name, values := range form {
		if len(values) > 1 && !slices.Contains(repeatable, name) {
			return refuse("E-REQ-02").got("%s, %d times", name, len(values)).allowed("once")
		}
	}
	return nil
}

// address finds out where an answer may go: the client and its redirect URI. Until both are settled, a refusal is a page on
// our own origin.
func (p *Provider) address(ctx context.Context, params url.Values) (*intent, error) {
	if err := checkRepeats(params); err != nil {
		return nil, err
	}
	id := params.Get("client_id")
	client, err := p.Client(ctx, id)
	if err != nil {
		return nil, orUnknownClient(err, id)
	}
	uri, err := p.matchRedirect(client, params)
	if err != nil {
		return nil, err
	}
	in := &intent{client: client, redirectURI: uri, state: params.Get("state")}
	in.mode, in.jarm = errorMode(params)
	if err := checkText("state", in.state, maxState); err != nil {
		return nil, err
	}
	return in, nil
}

func orUnknownClient(err error, id string) error {
	if ignoreNotFound(err) != nil {
		return err
	}
	e := refuse("E-CLIENT-01").got("%s", id).because(err)
	e.ClientID = id
	return e
}

// matchRedirect allows leaving redirect_uri out only where OAuth does: without openid, and with one registered address
// (RFC 6749 §3.1.2.3).
func (p *Provider) matchRedirect(client *Client, params url.Values) (string, error) {
	uri := params.Get("redirect_uri")
	if uri == "" {
		if len(client.RedirectURIs) == 1 && !slices.Contains(strings.Fields(params.Get("scope")), "openid") {
			return client.RedirectURIs[0], nil
		}
		e := refuse("E-REDIR-02").allowed("%s", strings.Join(client.RedirectURIs, " "))
		e.ClientID = client.ID
		return "", e
	}
	if _, ok := client.findRedirect(uri); ok {
		return uri, nil
	}
	if p.relax != nil && p.relax.Redirect(client, uri) {
		return uri, nil
	}
	e := refuse("E-REDIR-01").got("%s", uri).allowed("%s", strings.Join(client.RedirectURIs, " ")).
		fix("signet client edit %s --add-redirect %s", ShellWord(client.ID), ShellWord(uri))
	e.ClientID = client.ID
	return "", e
}

// checkText refuses what could not be given back as it came: too long, or with control characters or broken UTF-8.
func checkText(name, value string, limit int) error {
	if len(value) > limit {
		return refuse("E-REQ-01").got("%s of %d bytes", name, len(value)).allowed("%d bytes", limit)
	}
	if strings.ToValidUTF8(value, "") != value || strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return refuse("E-REQ-01").got("%s with control characters or broken UTF-8", name)
	}
	return nil
}

// promptsOf are the values of prompt that mean something (OIDC Core §3.1.2.1); create, where people can sign up (Initiating User
// Registration via OpenID Connect 1.0 §4).
func promptsOf(c Config) []string {
	known := []string{"none", "login", "consent", "select_account"}
	if c.SignUp {
		known = append(known, "create")
	}
	return known
}

// read fills in the rest of the intent. Its refusals go to the client.
func (p *Provider) read(ctx context.Context, in *intent, params url.Values) error {
	for _, step := range []func(context.Context, *intent, url.Values) error{
		p.readOrigin, p.readUnsupported, p.readType, p.readMode, p.readNonce, p.readScopes, p.readChallenge, p.readPrompt, p.readMaxAge, p.readHint, p.readACR, p.readClaims,
	} {
		if err := step(ctx, in, params); err != nil {
			return err
		}
	}
	return nil
}

// readUnsupported refuses the one parameter that asks for what is not offered (OIDC Core §3.1.2.6).
func (p *Provider) readUnsupported(_ context.Context, _ *intent, params url.Values) error {
	if params.Get("registration") != "" {
		return refuse("E-REQ-06")
	}
	return nil
}

// readType takes the words of the response type byte for byte, in any order (RFC 6749 §3.1.1). fosite takes CODE for code,
// and fails only after the person has been asked everything.
func (p *Provider) readType(_ context.Context, in *intent, params url.Values) error {
	kind, ok := findResponseType(params.Get("response_type"))
	if !ok || !slices.ContainsFunc(in.client.ResponseTypes, func(name string) bool { return sameWords(name, kind.Name) }) {
		return refuse("E-TYPE-01").got("%s", params.Get("response_type")).allowed("%s", strings.Join(in.client.ResponseTypes, ", "))
	}
	in.kind = kind
	if kind.has("id_token") && !slices.Contains(strings.Fields(params.Get("scope")), "openid") {
		return refuse("E-TYPE-02").got("%s with scope %q", kind.Name, params.Get("scope")).allowed("scope openid")
	}
	return nil
}

// readNonce demands a nonce where an ID token comes by way of the browser (OIDC Core §3.2.2.1).
func (p *Provider) readNonce(_ context.Context, in *intent, params url.Values) error {
	in.nonce = params.Get("nonce")
	if in.nonce == "" && in.kind.has("id_token") {
		return refuse("E-REQ-01").got("no nonce").allowed("a nonce, demanded by response_type %s", in.kind.Name)
	}
	return checkText("nonce", in.nonce, maxNonce)
}

// readScopes takes scopes byte for byte (RFC 6749 §3.3); fosite would take OPENID for openid.
func (p *Provider) readScopes(_ context.Context, in *intent, params url.Values) error {
	for _, s := range strings.Fields(params.Get("scope")) {
		if !p.mayAsk(in.client, s) {
			return refuse("E-SCOPE-01").got("%s", s).allowed("%s", strings.Join(in.client.Scopes, " ")).
				fix("signet client edit %s --add-scope %s", ShellWord(in.client.ID), ShellWord(s))
		}
		if !slices.Contains(in.scopes, s) {
			in.scopes = append(in.scopes, s)
		}
	}
	return nil
}

// mayAsk tells whether a client may ask for a scope.
func (p *Provider) mayAsk(c *Client, scope string) bool {
	return slices.Contains(c.Scopes, scope) || p.relax != nil && p.relax.Credentials(c)
}

// readChallenge refuses early what fosite would refuse only after the person has signed in (RFC 7636 §4.4.1).
func (p *Provider) readChallenge(_ context.Context, in *intent, params url.Values) error {
	challenge, method := params.Get("code_challenge"), params.Get("code_challenge_method")
	if challenge == "" && method == "" {
		if in.kind.has("code") && (p.needsPKCE(in.client) || in.strangerWithoutNonce()) {
			return refuse("E-PKCE-01").got("no code_challenge").allowed("code_challenge_method=S256")
		}
		return nil
	}
	if method != "S256" || !challengeShape(challenge) {
		return refuse("E-PKCE-01").got("method %q, challenge of %d bytes", method, len(challenge)).allowed("S256, 43 characters of base64url")
	}
	return nil
}

// needsPKCE is of every client unless its record relaxes it; a public client's cannot.
func (p *Provider) needsPKCE(c *Client) bool { return c.Public() || !c.PKCEOptional && !p.pkceOptional }

// challengeShape tells whether a text is the base64url of a SHA-256. The decoder skips line breaks, which the length gives
// away.
func challengeShape(s string) bool {
	sum, err := base64.RawURLEncoding.Strict().DecodeString(s)
	return err == nil && len(s) == 43 && len(sum) == sha256.Size
}

func (p *Provider) readPrompt(_ context.Context, in *intent, params url.Values) error {
	in.prompts = strings.Fields(params.Get("prompt"))
	for _, v := range in.prompts {
		if !slices.Contains(p.prompts, v) {
			return refuse("E-REQ-01").got("prompt %q", v).allowed("%s", strings.Join(p.prompts, " "))
		}
	}
	if slices.Contains(in.prompts, "none") && len(in.prompts) > 1 {
		return refuse("E-REQ-01").got("prompt %q", params.Get("prompt")).allowed("none alone")
	}
	return nil
}

func (p *Provider) readMaxAge(_ context.Context, in *intent, params url.Values) error {
	in.maxAge = -1
	text := params.Get("max_age")
	if text == "" {
		if in.client.DefaultMaxAge != nil {
			in.maxAge = *in.client.DefaultMaxAge
		}
		return nil
	}
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil || n < 0 {
		return refuse("E-REQ-01").got("max_age %q", text).allowed("seconds, 0 or more")
	}
	in.maxAge = n
	return nil
}

// readHint takes an ID token of ours, expired or not, issued to this client (OIDC Core §3.1.2.1).
func (p *Provider) readHint(ctx context.Context, in *intent, params url.Values) error {
	hint := params.Get("id_token_hint")
	if hint == "" {
		return nil
	}
	sub, err := p.openIDTokenHint(ctx, hint, in.client.ID)
	if err != nil {
		return refuse("E-REQ-01").got("id_token_hint that is not ours").because(err)
	}
	in.hintSubject = sub
	return nil
}

func isHTTPS(uri string) bool { return strings.HasPrefix(uri, "https://") }
