package provider_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"signet/provider"
)

// told returns the answer that a refusal sends to the client, or nil.
func told(err error) url.Values {
	if e := provider.AsError(err); e != nil && e.Answer != nil {
		return e.Answer.Params
	}
	return nil
}

// hostile are changes of a request that are each refused, with the error that a client is told.
var hostile = []struct {
	change []string
	oauth  string
}{
	{[]string{"scope", "openid admin"}, "invalid_scope"}, {[]string{"scope", "openid \u00e9\n\"x"}, "invalid_scope"},
	{[]string{"response_type", "token"}, "unsupported_response_type"}, {[]string{"response_type", ""}, "unsupported_response_type"},
	{[]string{"response_mode", "web_message"}, "invalid_request"}, {[]string{"prompt", "bad"}, "invalid_request"}, {[]string{"prompt", "none login"}, "invalid_request"},
	{[]string{"prompt", "NONE"}, "invalid_request"}, {[]string{"max_age", "x"}, "invalid_request"}, {[]string{"max_age", "-1"}, "invalid_request"}, {[]string{"max_age", "1e9"}, "invalid_request"},
	{[]string{"max_age", "99999999999999999999"}, "invalid_request"}, {[]string{"id_token_hint", "x"}, "invalid_request"}, {[]string{"nonce", "a\x00b"}, "invalid_request"},
	{[]string{"nonce", strings.Repeat("n", 513)}, "invalid_request"}, {[]string{"request", "e30.e30."}, "invalid_request_object"}, {[]string{"request_uri", "https://app.example.test/r"}, "invalid_request_uri"},
	{[]string{"registration", "{}"}, "registration_not_supported"}, {[]string{"resource", "https://other.test"}, "invalid_target"}, {[]string{"audience", "https://other.test"}, "invalid_target"},
	{[]string{"code_challenge", ""}, "invalid_request"}, {[]string{"code_challenge_method", ""}, "invalid_request"}, {[]string{"code_challenge_method", "plain"}, "invalid_request"},
	{[]string{"code_challenge_method", "s256"}, "invalid_request"}, {[]string{"code_challenge", "short"}, "invalid_request"}, {[]string{"code_challenge", challenge(verifier) + "="}, "invalid_request"},
	{[]string{"code_challenge", challenge(verifier)[:42] + "\n"}, "invalid_request"}, {[]string{"code_challenge", challenge(verifier)[:42] + "/"}, "invalid_request"},
	{[]string{"code_challenge", strings.Repeat("A", 42) + "B"}, "invalid_request"}, {[]string{"code_challenge", strings.Repeat("A", 42) + "\n"}, "invalid_request"},
}

// Whatever is wrong beside it, an address that is not registered hears nothing; a registered one hears what is wrong, in
// fixed ASCII, and who says so.
func TestAttack_AA05_AA11_RefusalsGoToRegisteredAddressesOnly(t *testing.T) {
	w := newStillWorld(t, nil)
	w.client(provider.Client{ID: "app", FirstParty: true})
	for _, b := range []provider.Browser{{Binding: "b"}, w.signIn(w.ada)} {
		w.tap.reset(nil)
		for _, h := range hostile {
			_, err := w.Authorize(t.Context(), params("app", h.change...), b)
			got := told(err)
			if got.Get("error") != h.oauth || got.Get("iss") != issuer || got.Get("state") != "s-1" || got.Has("code") || len(got) != 4 {
				t.Errorf("%q: %v, want %s: %v", h.change, got, h.oauth, err)
			}
			if d := got.Get("error_description"); d == "" || strings.ContainsFunc(d, func(r rune) bool { return r < ' ' || r > '~' || r == '"' || r == '\\' }) {
				t.Errorf("%q: description %q", h.change, d)
			}
			for _, elsewhere := range [][]string{{"redirect_uri", "https://evil.test/"}, {"client_id", "nobody"}, {"client_id", ""}, {"redirect_uri", ""}, {"state", "a\nb"}, {"state", strings.Repeat("s", 2001)}} {
				_, err := w.Authorize(t.Context(), params("app", append(slices.Clone(h.change), elsewhere...)...), b)
				if e := provider.AsError(err); e == nil || e.Answer != nil || e.Status != 400 {
					t.Errorf("%q with %.30q: %v", h.change, elsewhere, err)
				}
			}
		}
		if _, writes := w.tap.counted(); writes != 0 {
			t.Errorf("refusals wrote %d batches", writes)
		}
	}
}

func TestAttack_AA09_NothingComesTwice(t *testing.T) {
	w := newStillWorld(t, nil)
	w.client(provider.Client{ID: "app", FirstParty: true, Audience: []string{"https://a.test", "https://b.test"}})
	b := w.signIn(w.ada)
	for _, name := range []string{"client_id", "redirect_uri", "response_type", "scope", "state", "nonce", "code_challenge", "code_challenge_method", "prompt", "max_age", "display", "unknown"} {
		for _, second := range []string{params("app").Get(name), "other", ""} {
			p := params("app")
			if !p.Has(name) {
				p.Set(name, "x")
			}
			p[name] = append(p[name], second)
			_, err := w.Authorize(t.Context(), p, b)
			if e := provider.AsError(err); e == nil || e.Code != "E-REQ-02" || e.Answer != nil {
				t.Errorf("%s twice: %v", name, err)
			}
		}
	}
	p := params("app")
	p["resource"] = []string{"https://a.test", "https://b.test"}
	if w.code(b, p) == "" {
		t.Error("two resources (RFC 8707 §2) are refused")
	}
}

// What a client gets back is what it sent, byte for byte; what could not be given back is refused.
func TestAttack_AA10_StateComesBackAsItWas(t *testing.T) {
	w := newStillWorld(t, nil)
	auth := "app:" + w.client(provider.Client{ID: "app", FirstParty: true})
	b := w.signIn(w.ada)
	for _, text := range []string{"%00", "a+b c", "&code=x&iss=y", "#code=x", "\u00e9\u202e\U0001f600", `"><script>`, "%", "=", "a;b", "null", strings.Repeat("s", 512)} {
		out, err := w.Authorize(t.Context(), params("app", "state", text, "nonce", text), b)
		if err != nil || out.Answer == nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		u, err := url.Parse(out.Answer.URL())
		if err != nil || u.Query().Get("state") != text || len(u.Query()["code"]) != 1 || u.Fragment != "" || u.Query().Get("iss") != issuer {
			t.Errorf("%q: %s", text, out.Answer.URL())
		}
		answer, e := w.token(auth, codeForm(u.Query().Get("code")))
		if e != nil || w.claimsOf(answer["id_token"])["nonce"] != text {
			t.Errorf("%q: %v", text, e)
		}
	}
	for _, text := range []string{"a\x00", "a\nb", "\x7f", "\xff\xfe", "\xed\xa0\x80", strings.Repeat("s", 10_000)} {
		for _, name := range []string{"state", "nonce"} {
			out, err := w.Authorize(t.Context(), params("app", name, text), b)
			if e := provider.AsError(err); e == nil || e.Code != "E-REQ-01" || out.Answer != nil {
				t.Errorf("%s %.20q: %v", name, text, err)
			}
		}
	}
}

// A client registered for the code gets codes only, whatever it asks for and however it spells it.
func TestAttack_AA12_NoOtherResponseTypesAndModes(t *testing.T) {
	w := newStillWorld(t, nil)
	w.client(provider.Client{ID: "app", FirstParty: true})
	for _, b := range []provider.Browser{{Binding: "b"}, w.signIn(w.ada)} {
		for _, typ := range []string{"", "code", "CODE", "Code", "code code", "token", "id_token", "id_token token", "token id_token", "code token", "code id_token", "code id_token token", "none", "code\x00", "cod", "device_code"} {
			for _, mode := range []string{"", "query", "fragment", "form_post", "QUERY", "web_message", "jwt", "query.jwt", "query fragment"} {
				out, err := w.Authorize(t.Context(), params("app", "response_type", typ, "response_mode", mode), b)
				good := typ == "code" && slices.Contains([]string{"", "query", "fragment", "form_post", "jwt", "query.jwt"}, mode)
				way := strings.TrimSuffix(strings.TrimSuffix(mode, "jwt"), ".")
				switch got := w.opened(told(err)); {
				case good && err == nil && out.Answer != nil && (way == "" || out.Answer.Mode == way) && !w.opened(out.Answer.Params).Has("access_token") && !w.opened(out.Answer.Params).Has("id_token"):
				case good && err == nil && out.Step != nil && b.Person == nil:
				case !good && (got.Get("error") == "unsupported_response_type" || got.Get("error") == "invalid_request"):
				default:
					t.Errorf("%q, %q: %+v %v", typ, mode, out, err)
				}
			}
		}
	}
}

// prompt=none skips pages and nothing else: what would be refused is refused, what would be asked is an error.
func TestAttack_AA13_PromptNoneSkipsNoCheck(t *testing.T) {
	w := newStillWorld(t, nil)
	for id, c := range map[string]provider.Client{
		"own": {FirstParty: true}, "foreign": {}, "asked": {}, "closed": {FirstParty: true, Groups: []string{"staff"}},
		"native": {AuthMethod: "none", RedirectURIs: []string{callback, "com.example.app:/cb"}},
	} {
		c.ID = id
		w.client(c)
	}
	b := w.signIn(w.ada)
	w.code(b, params("asked"))
	w.code(b, params("native"))
	w.code(b, params("native", "redirect_uri", "com.example.app:/cb"))
	for _, c := range []struct {
		client, redirect string
		change           []string
		signedOut        bool
		want             string
	}{
		{client: "own"}, {client: "asked"}, {client: "native"},
		{client: "own", signedOut: true, want: "login_required"},
		{client: "asked", signedOut: true, want: "login_required"},
		{client: "foreign", want: "consent_required"},
		{client: "asked", change: []string{"scope", "openid email"}, want: "consent_required"},
		{client: "native", redirect: "com.example.app:/cb", want: "consent_required"},
		{client: "closed", want: "access_denied"},
		{client: "own", change: []string{"max_age", "0"}, want: "login_required"},
		{client: "own", redirect: "https://evil.test/", want: "E-REDIR-01"},
		{client: "foreign", redirect: "https://evil.test/", signedOut: true, want: "E-REDIR-01"},
		{client: "nobody", want: "E-CLIENT-01"},
		{client: "own", change: []string{"scope", "openid admin"}, want: "invalid_scope"},
		{client: "own", change: []string{"code_challenge", ""}, want: "invalid_request"},
	} {
		p := params(c.client, append(c.change, "prompt", "none")...)
		if c.redirect != "" {
			p.Set("redirect_uri", c.redirect)
		}
		who := b
		if c.signedOut {
			who = provider.Browser{Binding: "b"}
		}
		w.tap.reset(nil)
		out, err := w.Authorize(t.Context(), p, who)
		got := told(err).Get("error")
		if e := provider.AsError(err); e != nil && e.Answer == nil {
			got = e.Code
		}
		if got != c.want || out.Step != nil || (out.Answer != nil) != (c.want == "") {
			t.Errorf("%+v: %q, %+v", c, got, out)
		}
		if _, writes := w.tap.counted(); writes != 0 {
			t.Errorf("%+v wrote %d batches", c, writes)
		}
	}
}

// Whoever has to sign in anew gets no code by going back to an older sign-in: the proof in the request counts only with a
// session that is as new.
func TestAttack_AA14_NoCodeUntilTheSignInIsFresh(t *testing.T) {
	w := newStillWorld(t, nil)
	auth := "app:" + w.client(provider.Client{ID: "app", FirstParty: true})
	old := w.signIn(w.ada)
	w.pass(time.Hour)
	for _, change := range [][]string{{"prompt", "login"}, {"max_age", "60"}, {"max_age", "0"}, {"prompt", "login", "max_age", "100000"}} {
		at := w.now().Unix()
		out, err := w.Authorize(t.Context(), params("app", change...), old)
		if err != nil || out.Step == nil || out.Step.Name != provider.StepLogin {
			t.Fatalf("%v: %+v %v", change, out, err)
		}
		for range 2 {
			if again, err := w.Resume(t.Context(), out.Step.Request, old); err != nil || again.Step == nil || again.Step.Name != provider.StepLogin {
				t.Fatalf("%v, gone back: %+v %v", change, again, err)
			}
			w.pass(time.Second)
		}
		if sealed, err := w.Consent(t.Context(), out.Step.Request, old, true, true); err != nil {
			t.Fatal(err)
		} else if again, err := w.Resume(t.Context(), sealed, old); err != nil || again.Step == nil {
			t.Fatalf("%v, consented instead: %+v %v", change, again, err)
		}
		sealed, err := w.ProveLogin(t.Context(), out.Step.Request, old, w.ada.Subject)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := w.Resume(t.Context(), sealed, old); err != nil || again.Step == nil || again.Step.Name != provider.StepLogin {
			t.Fatalf("%v, signed in, then the older session: %+v %v", change, again, err)
		}
		fresh := w.signIn(w.ada)
		out, err = w.Resume(t.Context(), sealed, fresh)
		if err != nil || out.Answer == nil {
			t.Fatalf("%v: %+v %v", change, out, err)
		}
		answer, e := w.token(auth, codeForm(out.Answer.Params.Get("code")))
		if e != nil {
			t.Fatal(e)
		}
		if authTime := number(w.claimsOf(answer["id_token"])["auth_time"]); authTime < at {
			t.Errorf("%v: auth_time %d is before the request at %d", change, authTime, at)
		}
		w.pass(time.Hour)
	}
}

func number(v any) int64 {
	f, _ := v.(float64)
	return int64(f)
}

func TestAttack_AA16_HintsOfOthers(t *testing.T) {
	w := newStillWorld(t, nil)
	auth := "app:" + w.client(provider.Client{ID: "app", FirstParty: true, AccessToken: "jwt"})
	other := "other:" + w.client(provider.Client{ID: "other", FirstParty: true})
	eve := w.person("eve")
	own, foreign := w.redeem(auth, params("app")), w.redeem(other, params("other"))
	w.pass(48 * time.Hour)
	hint := func(token any) url.Values { return params("app", "id_token_hint", token.(string), "prompt", "none") }
	if out, err := w.Authorize(t.Context(), hint(own["id_token"]), w.signIn(w.ada)); err != nil || out.Answer == nil {
		t.Errorf("one's own hint, expired: %v", err)
	}
	if _, err := w.Authorize(t.Context(), hint(own["id_token"]), w.signIn(eve)); told(err).Get("error") != "login_required" {
		t.Errorf("another person's: %v", err)
	}
	if out, err := w.Authorize(t.Context(), params("app", "id_token_hint", own["id_token"].(string)), w.signIn(eve)); err != nil || out.Step == nil || out.Step.Name != provider.StepLogin || out.Step.Subject != "" {
		t.Errorf("another person's, with pages: %+v %v", out, err)
	}
	for name, token := range map[string]any{"another client's": foreign["id_token"], "an access token": own["access_token"]} {
		if _, err := w.Authorize(t.Context(), hint(token), w.signIn(w.ada)); told(err).Get("error") != "invalid_request" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The request that travels through the pages opens for the browser that brought it, unchanged and in time, or not at all.
func TestAttack_AA17_AA18_TheRequestIsSealedAndBound(t *testing.T) {
	w := newStillWorld(t, nil)
	w.client(provider.Client{ID: "app"})
	ada, eve := w.signIn(w.ada), w.signIn(w.person("eve"))
	out, err := w.Authorize(t.Context(), params("app"), ada)
	if err != nil || out.Step == nil {
		t.Fatalf("%+v %v", out, err)
	}
	sealed := out.Step.Request
	uses := map[string]func(string, provider.Browser) error{
		"resume": func(s string, b provider.Browser) error { _, err := w.Resume(t.Context(), s, b); return err },
		"step": func(s string, b provider.Browser) error {
			_, err := w.Step(t.Context(), s, b, provider.StepLogin)
			return err
		},
		"select": func(s string, b provider.Browser) error { _, err := w.ProveSelect(t.Context(), s, b); return err },
		"login": func(s string, b provider.Browser) error {
			_, err := w.ProveLogin(t.Context(), s, b, b.Person.Subject)
			return err
		},
		"consent": func(s string, b provider.Browser) error {
			_, err := w.Consent(t.Context(), s, b, true, true)
			return err
		},
	}
	w.tap.reset(nil)
	for name, use := range uses {
		for i := 0; i < len(sealed); i += 7 {
			changed := []byte(sealed)
			changed[i] ^= 1
			wantCode(t, use(string(changed), ada), "E-REQ-07")
		}
		unbound := ada
		unbound.Binding = ""
		for _, b := range []provider.Browser{eve, unbound, {Binding: "x", Person: ada.Person, Session: ada.Session}} {
			wantCode(t, use(sealed, b), "E-REQ-07")
		}
		for _, text := range []string{"", sealed[:len(sealed)-1], sealed + "A", sealed + "=", sealed + "\n", strings.Repeat("A", 1<<20)} {
			wantCode(t, use(text, ada), "E-REQ-07")
		}
		if _, writes := w.tap.counted(); writes != 0 {
			t.Errorf("%s: %d writes", name, writes)
		}
	}
	w.pass(30 * time.Minute)
	for _, use := range uses {
		wantCode(t, use(sealed, ada), "E-REQ-07")
	}
}

// Nobody who has not signed in can make the provider store anything by asking (A-O03), and who has signed in causes no write
// either until a code is redeemed.
func TestAttack_AO03_AuthorizeWritesNothing(t *testing.T) {
	w := newStillWorld(t, nil)
	w.client(provider.Client{ID: "own", FirstParty: true})
	w.client(provider.Client{ID: "foreign"})
	for _, b := range []provider.Browser{{}, {Binding: "b"}, w.signIn(w.ada)} {
		w.tap.reset(nil)
		for i := range 200 {
			id := []string{"own", "foreign", "nobody"}[i%3]
			out, _ := w.Authorize(t.Context(), params(id, "state", fmt.Sprint(i)), b)
			if out.Step != nil && b.Binding != "" {
				if _, err := w.Resume(t.Context(), out.Step.Request, b); err != nil {
					t.Fatal(err)
				}
			}
		}
		if _, writes := w.tap.counted(); writes != 0 {
			t.Errorf("%q wrote %d batches", b.Binding, writes)
		}
	}
}

// A request that cannot travel through the pages is refused on our own page, and somebody hears of it.
func TestAttack_AA10_RequestsThatCannotTravel(t *testing.T) {
	w := newStillWorld(t, nil)
	w.client(provider.Client{ID: "app", FirstParty: true})
	_, err := w.Authorize(t.Context(), params("app", "login_hint", strings.Repeat("x", 6<<10)), provider.Browser{Binding: "b"})
	if wantCode(t, err, "E-REQ-03"); told(err) != nil || w.refusals() != 1 {
		t.Errorf("%v, heard of %d times", err, w.refusals())
	}
}

// A challenge or nonce that comes with every request protects nothing: the third time is told, or refused, and another client's
// or another value is not meant.
func TestAttack_AB24_ConstantChallengeOrNonce(t *testing.T) {
	for _, refuses := range []bool{false, true} {
		w := newStillWorld(t, func(c *provider.Config) { c.RefuseRepeats = refuses })
		w.client(provider.Client{ID: "app", FirstParty: true})
		w.client(provider.Client{ID: "other", FirstParty: true})
		b := w.signIn(w.ada)
		for name, fresh := range map[string]func(i int) []string{
			"code_challenge": func(i int) []string { return []string{"nonce", fmt.Sprint("n", i), "code_challenge", challenge("x")} },
			"nonce":          func(i int) []string { return []string{"nonce", "n", "code_challenge", challenge(fmt.Sprint(i))} },
		} {
			for i := range 3 {
				out, err := w.Authorize(t.Context(), params("app", fresh(i)...), b)
				switch {
				case i < 2 && (err != nil || out.Answer.Repeats != ""), i == 2 && !refuses && (err != nil || out.Answer.Repeats != name):
					t.Errorf("%s, request %d: %+v, %v", name, i+1, out.Answer, err)
				case i == 2 && refuses:
					wantCode(t, err, "E-PKCE-03")
				}
			}
			w.answer(b, params("other", fresh(3)...))
			w.answer(b, params("app", "nonce", name+" new", "code_challenge", challenge(name+" new")))
		}
	}
}
