package upstream

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
)

// Whatever a provider says of an address, who somebody is is source, issuer and subject; and verified is the JSON value true.
func TestAttack_AF01_OnlyJSONTrueIsVerified(t *testing.T) {
	for what, value := range map[string]any{"false": false, "absent": nil, "the text true": "true", "the text false": "false", "1": 1, "null": json.RawMessage("null"), "a list": []bool{true}, "an object": map[string]any{"value": true}} {
		p := newFake(t)
		w := newWorld(t, p.source(nil))
		p.change["email_verified"] = value
		arrival, err := w.signIn(p, "acme")
		if err != nil {
			t.Fatal(err)
		}
		if id := arrival.Identity; id.EmailVerified || id.Subject != "Ada" {
			t.Errorf("%s: got %+v", what, id)
		}
	}
	// Rules of the operator: never, and always; without an address nothing is verified.
	for rule, want := range map[string]bool{VerifiedNever: false, VerifiedAlways: true} {
		p := newFake(t)
		w := newWorld(t, p.source(func(s *Source) { s.EmailVerified = rule }))
		p.change["email_verified"] = rule == VerifiedNever
		arrival, err := w.signIn(p, "acme")
		if err != nil || arrival.Identity.EmailVerified != want {
			t.Errorf("%s: %+v %v", rule, arrival.Identity, err)
		}
		p.change["email"] = "not an address"
		arrival, err = w.signIn(p, "acme")
		if err != nil || arrival.Identity.EmailVerified || arrival.Identity.Email != "" {
			t.Errorf("%s: %+v %v", rule, arrival.Identity, err)
		}
	}
}

func TestAttack_AF01_ManyTenantsAreNeverBelievedAnAddress(t *testing.T) {
	for _, rule := range []string{VerifiedAlways, VerifiedClaim} {
		if _, problems := Complete(Source{ID: "ms", Preset: "microsoft", ClientID: "c", ClientSecret: "s", EmailVerified: rule, VerifiedPath: "xms_edov"}); len(problems) == 0 {
			t.Errorf("%s is taken for every directory", rule)
		}
	}
	const own = "11111111-1111-1111-1111-111111111111"
	if _, problems := Complete(Source{ID: "ms", Preset: "microsoft", ClientID: "c", ClientSecret: "s", EmailVerified: VerifiedAlways, Params: map[string]string{"tenant": own}}); len(problems) != 0 {
		t.Errorf("the operator's own directory: %v", problems)
	}
}

func TestAttack_AF09_UserInfoAddsAndNeverOverwrites(t *testing.T) {
	p := newFake(t)
	w := newWorld(t, p.source(nil))
	for what, sub := range map[string]any{"another": "Eve", "absent": nil, "another case": "ada", "a number": 1} {
		p.userInfo = map[string]any{"sub": sub, "email": "victim@example.org", "email_verified": true}
		_, err := w.signIn(p, "acme")
		wantKind(t, what, err, ErrAnswer)
	}
	p.change["email_verified"] = false
	p.userInfo = map[string]any{
		"sub": "Ada", "iss": "https://evil.example", "aud": "theirs", "exp": 1, "email": "victim@example.org", "email_verified": true, "name": "Somebody", "nickname": "ace", "sid": "forged",
	}
	arrival, err := w.signIn(p, "acme")
	if err != nil {
		t.Fatal(err)
	}
	id := arrival.Identity
	if id.Issuer != p.URL || id.Email != "ada@example.org" || id.EmailVerified || id.Claims["name"] != "Ada Lovelace" || id.Claims["nickname"] != "ace" || id.SessionID != "" {
		t.Errorf("got %+v", id)
	}
	// The address of one document is not verified by the other.
	p.change = map[string]any{"email": nil, "email_verified": true}
	if arrival, err = w.signIn(p, "acme"); err != nil || arrival.Identity.Email != "" || arrival.Identity.EmailVerified {
		t.Errorf("got %+v, %v", arrival.Identity, err)
	}
}

func TestAttack_AF10_MetadataAreNotBelievedEverything(t *testing.T) {
	for what, change := range map[string]map[string]any{
		"another issuer": {"issuer": "https://evil.example"}, "a slash more": {"issuer": "slash"}, "no issuer": {"issuer": nil}, "an issuer that is a list": {"issuer": []string{"x"}},
		"http":              {"token_endpoint": "http://evil.example/token"},
		"a file":            {"jwks_uri": "file:///etc/passwd"},
		"a script":          {"authorization_endpoint": "javascript:alert(1)"},
		"a user":            {"token_endpoint": "https://user@evil.example/"},
		"no endpoint":       {"token_endpoint": nil},
		"userinfo by http":  {"userinfo_endpoint": "http://evil.example/"},
		"no good algorithm": {"id_token_signing_alg_values_supported": []string{"none", "HS256"}},
	} {
		p := newFake(t)
		if change["issuer"] == "slash" {
			change["issuer"] = p.URL + "/"
		}
		p.metadata = change
		w := newWorld(t, p.source(nil))
		_, err := w.u.Begin(t.Context(), &w.batch, Start{Source: "acme", Binding: "browser"})
		wantKind(t, what, err, ErrAnswer)
	}
	// What the metadata name is as little reached as what anybody else names.
	p := newFake(t)
	p.metadata = map[string]any{"token_endpoint": "https://10.0.0.1/token"}
	w := newWorld(t, p.source(nil))
	_, err := w.signIn(p, "acme")
	wantKind(t, "a private address", err, ErrDown)
}

func TestAttack_AF11_IDTokensNotForUs(t *testing.T) {
	p := newFake(t)
	stranger, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	now := p.clock().Unix()
	public, err := x509.MarshalPKIXPublicKey(&p.key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	none := func(claims map[string]any) string {
		raw, _ := json.Marshal(claims)
		return base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)) + "." + base64.RawURLEncoding.EncodeToString(raw) + "."
	}
	cases := map[string]struct {
		change map[string]any
		sign   func(map[string]any) string
	}{
		"another audience":  {change: map[string]any{"aud": "theirs"}},
		"no audience":       {change: map[string]any{"aud": nil}},
		"an audience of 1":  {change: map[string]any{"aud": []any{"ours", 1}}},
		"another azp":       {change: map[string]any{"azp": "theirs"}},
		"several, no azp":   {change: map[string]any{"aud": []string{"ours", "theirs"}}},
		"several, another":  {change: map[string]any{"aud": []string{"ours", "theirs"}, "azp": "theirs"}},
		"another issuer":    {change: map[string]any{"iss": "https://evil.example"}},
		"expired":           {change: map[string]any{"exp": now - 1}},
		"no expiry":         {change: map[string]any{"exp": nil}},
		"issued to come":    {change: map[string]any{"iat": now + 600}},
		"never issued":      {change: map[string]any{"iat": nil}},
		"not yet":           {change: map[string]any{"nbf": now + 3600}},
		"no subject":        {change: map[string]any{"sub": nil}},
		"an empty subject":  {change: map[string]any{"sub": ""}},
		"a subject of 1":    {change: map[string]any{"sub": 1}},
		"a long subject":    {change: map[string]any{"sub": strings.Repeat("a", 256)}},
		"another at_hash":   {change: map[string]any{"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}},
		"an access token":   {change: map[string]any{"token_use": "access"}},
		"one of Keycloak's": {change: map[string]any{"typ": "Bearer"}},
		"a logout token":    {change: map[string]any{"events": map[string]any{}}},
		"another key":       {sign: func(c map[string]any) string { return sign(jose.ES256, stranger, "one", "JWT", c) }},
		"an unknown key":    {sign: func(c map[string]any) string { return sign(jose.ES256, stranger, "two", "JWT", c) }},
		"another type":      {sign: func(c map[string]any) string { return sign(jose.ES256, p.key, "one", "at+jwt", c) }},
		"none":              {sign: none},
		"our secret": {sign: func(c map[string]any) string {
			return sign(jose.HS256, bytes.Repeat([]byte("our-secret"), 4), "one", "JWT", c)
		}},
		"their public key": {sign: func(c map[string]any) string { return sign(jose.HS256, public, "one", "JWT", c) }},
		"nothing":          {sign: func(map[string]any) string { return "" }},
		"garbage":          {sign: func(map[string]any) string { return "a.b.c" }},
		"a claim twice": {sign: func(c map[string]any) string {
			raw, _ := json.Marshal(c)
			return sign(jose.ES256, p.key, "one", "JWT", json.RawMessage(strings.Replace(string(raw), `"sub":"Ada"`, `"sub":"Ada","sub":"Eve"`, 1)))
		}},
	}
	for what, c := range cases {
		w := newWorld(t, p.source(nil))
		p.change, p.sign = c.change, c.sign
		if p.change == nil {
			p.change = map[string]any{}
		}
		_, err := w.signIn(p, "acme")
		wantKind(t, what, err, ErrAnswer)
	}
	p.change, p.sign = map[string]any{"aud": []string{"ours"}, "azp": "ours"}, nil
	if _, err := newWorld(t, p.source(nil)).signIn(p, "acme"); err != nil {
		t.Errorf("a good one: %v", err)
	}
}

func TestAttack_AF15_SubjectsAreBytes(t *testing.T) {
	p := newFake(t)
	w := newWorld(t, p.source(nil), p.source(func(s *Source) { s.ID = "other" }))
	seen := map[[3]string]bool{}
	for _, source := range []string{"acme", "other"} {
		for _, sub := range []string{"Ada", "ada", "ADA", "ada ", "\u00e5da", "a\u030ada", "00123", "123"} {
			p.change["sub"] = sub
			arrival, err := w.signIn(p, source)
			if err != nil {
				t.Fatal(err)
			}
			id := arrival.Identity
			if id.Subject != sub {
				t.Errorf("%q became %q", sub, id.Subject)
			}
			seen[[3]string{id.Source, id.Issuer, id.Subject}] = true
		}
	}
	if len(seen) != 16 {
		t.Errorf("%d people of 16", len(seen))
	}
	// A number is a person by its digits, not by what a float makes of them.
	g := newFake(t)
	v := newWorld(t, g.plain(nil))
	people := map[string]bool{}
	for _, id := range []string{"9007199254740993", "9007199254740992"} {
		g.userInfo = map[string]any{"id": json.RawMessage(id)}
		arrival, err := v.signIn(g, "plain")
		if err != nil {
			t.Fatal(err)
		}
		people[arrival.Identity.Subject] = true
	}
	if !people["9007199254740993"] || !people["9007199254740992"] {
		t.Errorf("got %v", people)
	}
	for what, id := range map[string]string{"a fraction": "1.5", "an exponent": "1e3", "true": "true", "null": "null", "a list": "[1]", "negative": "-1", "empty": `""`, "a zero byte": `"a\u0000b"`} {
		g.userInfo = map[string]any{"id": json.RawMessage(id)}
		_, err := v.signIn(g, "plain")
		wantKind(t, what, err, ErrAnswer)
	}
}

// plain is a source of OAuth 2.0 of the provider.
func (p *fake) plain(change func(*Source)) Source {
	s := Source{
		ID: "plain", Preset: OAuth2, ClientID: "ours", ClientSecret: "our-secret", AuthorizationEndpoint: p.URL + "/authorize", TokenEndpoint: p.URL + "/token", UserInfoEndpoint: p.URL + "/userinfo",
	}
	if change != nil {
		change(&s)
	}
	return s
}

func TestAttack_AF16_DomainsOfAddresses(t *testing.T) {
	s := Source{EmailDomains: []string{"corp.com", "xn--bcher-kva.example"}}
	for _, email := range []string{
		"a@evil.com@corp.com", "a@corp.com@evil.com", "a@corp.com.evil", "a@evilcorp.com", "a@sub.corp.com", "a@corp.com.", "a@corp.com ", " a@corp.com", "@corp.com", "corp.com", "a@",
		`"a@evil.com"@corp.com`, `"a"@corp.com`, "a <a@corp.com>", "<a@corp.com>", "a@corp.com, b@evil.com", "a@corp.com\n", "a@corp.com\x00", "a@[corp.com]", "a@corp.com;b@evil.com", "a(x)@corp.com",
		"a@corp.c\u043em", "a@co\u00adrp.evil", "a@corp.com%00.evil", "a@corp.com/evil", "", strings.Repeat("a", 250) + "@corp.com",
	} {
		if s.allows(email, true) {
			t.Errorf("%q may come", email)
		}
	}
	for _, email := range []string{"a@corp.com", "a@CORP.com", "a+b@corp.com", "a@b\u00fccher.example", "a@xn--bcher-kva.example", "a@\uff43orp.com"} {
		if !s.allows(email, true) {
			t.Errorf("%q may not come", email)
		}
		if s.allows(email, false) {
			t.Errorf("%q may come unverified", email)
		}
	}
	p := newFake(t)
	w := newWorld(t, p.source(func(s *Source) { s.EmailDomains = []string{"example.org"} }))
	if _, err := w.signIn(p, "acme"); err != nil {
		t.Error(err)
	}
	for what, change := range map[string]map[string]any{"unverified": {"email_verified": "true"}, "elsewhere": {"email": "a@example.com"}, "absent": {"email": nil}, "hd alone": {"email": "a@example.com", "hd": "example.org"}} {
		p.change = change
		_, err := w.signIn(p, "acme")
		wantKind(t, what, err, ErrDomain)
	}
}

func TestExtraIsBoundedAndWithoutSecrets(t *testing.T) {
	p := newFake(t)
	w := newWorld(t, p.plain(func(s *Source) {
		s.Claims = map[string]string{"attributes.plan": "claims['custom:plan']", "name": "names[0].full"}
	}))
	p.userInfo = map[string]any{
		"id": 7, "custom:plan": "gold", "names": []any{map[string]any{"full": "Ada"}}, "access_token": "secret-1", "deep": map[string]any{"client-secret": "secret-2", "kept": 1}, "blob": strings.Repeat("x", 100<<10),
	}
	arrival, err := w.signIn(p, "plain")
	if err != nil {
		t.Fatal(err)
	}
	id := arrival.Identity
	if len(id.Extra) > maxExtra || !json.Valid(id.Extra) || strings.Contains(string(id.Extra), "secret") || !strings.Contains(string(id.Extra), `"kept":1`) {
		t.Errorf("%s", id.Extra)
	}
	if id.Claims["attributes.plan"] != "gold" || id.Claims["name"] != "Ada" || id.Subject != "7" || id.Issuer != p.URL {
		t.Errorf("%+v", id)
	}
}
