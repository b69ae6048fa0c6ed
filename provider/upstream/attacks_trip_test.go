package upstream

import (
	"errors"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"signet/storage"
)

// wantKind demands an error of a kind.
func wantKind(t *testing.T, what string, err, kind error) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Errorf("%s: got %v, want %v", what, err, kind)
	}
}

func TestAttack_AF06_StateIsOursOfOneBrowserOneSourceAndOnce(t *testing.T) {
	p := newFake(t)
	w := newWorld(t, p.source(nil), p.source(func(s *Source) { s.ID = "other" }))
	// A state that somebody else chose is not used.
	begun := w.begin("acme", url.Values{"state": {"KNOWN"}})
	if begun.State == "KNOWN" || len(begun.State) != 43 || strings.Contains(begun.URL, "KNOWN") {
		t.Errorf("began with the state %q", begun.State)
	}
	good := p.visit(t, begun.URL)
	without := maps.Clone(good)
	delete(without, "state")
	for what, state := range map[string][]string{"none": nil, "empty": {""}, "invented": {strings.Repeat("a", 43)}, "known": {"KNOWN"}, "twice": {begun.State, begun.State}, "long": {strings.Repeat("a", 9000)}} {
		params := maps.Clone(without)
		if state != nil {
			params["state"] = state
		}
		_, err := w.finish("acme", params)
		wantKind(t, what, err, ErrTrip)
	}
	for what, binding := range map[string]string{"another browser": "other", "no browser": ""} {
		var b storage.Batch
		_, err := w.u.Finish(t.Context(), &b, Return{Source: "acme", Binding: binding, Params: good})
		wantKind(t, what, err, ErrTrip)
		if !b.Empty() {
			t.Errorf("%s: somebody else spends the trip", what)
		}
	}
	_, err := w.finish("other", good)
	wantKind(t, "the callback of another source", err, ErrTrip)
	if p.count("/token") != 0 {
		t.Error("a code was redeemed")
	}
	if _, err := w.finish("acme", good); err != nil {
		t.Fatal(err)
	}
	_, err = w.finish("acme", good)
	wantKind(t, "again", err, ErrTrip)
	if p.count("/token") != 1 {
		t.Error("a code was redeemed twice")
	}
}

func TestAttack_AF06_TripsEnd(t *testing.T) {
	for _, late := range []time.Duration{10*time.Minute - time.Second, 10 * time.Minute, 19 * time.Minute, time.Hour} {
		p := newFake(t)
		w := newWorld(t, p.source(nil))
		p.clock = w.clock
		w.advance(7 * time.Minute) // in the middle of a slot
		back := p.visit(t, w.begin("acme", nil).URL)
		w.advance(late)
		_, err := w.finish("acme", back)
		if late < 10*time.Minute {
			if err != nil {
				t.Errorf("after %v: %v", late, err)
			}
			continue
		}
		wantKind(t, late.String(), err, ErrTrip)
	}
}

// A refusal spends the trip too: what came back once does not come back better.
func TestAttack_AF06_ARefusalSpendsTheTrip(t *testing.T) {
	p := newFake(t)
	w := newWorld(t, p.source(nil))
	begun := w.begin("acme", nil)
	back := p.visit(t, begun.URL)
	bad := maps.Clone(back)
	bad.Set("iss", "https://evil.example")
	_, err := w.finish("acme", bad)
	wantKind(t, "another issuer", err, ErrAnswer)
	_, err = w.finish("acme", back)
	wantKind(t, "the same trip", err, ErrTrip)
}

func TestAttack_AF07_IDTokenNeedsOurNonce(t *testing.T) {
	for what, nonce := range map[string]any{"absent": nil, "empty": "", "another": strings.Repeat("a", 43), "a number": 1, "a list": []string{"a"}} {
		p := newFake(t)
		w := newWorld(t, p.source(nil))
		p.change["nonce"] = nonce
		_, err := w.signIn(p, "acme")
		wantKind(t, what, err, ErrAnswer)
	}
}

func TestAttack_AF08_AnswersOfOneProviderAreNotTakenForAnother(t *testing.T) {
	honest, evil := newFake(t), newFake(t)
	w := newWorld(t, honest.source(func(s *Source) { s.ID = "honest" }), evil.source(func(s *Source) { s.ID = "evil" }))
	if w.u.Callback("honest") == w.u.Callback("evil") {
		t.Error("one callback address for two sources")
	}
	// The browser was on its way to the evil one, and comes back from the honest one.
	begun := w.begin("evil", nil)
	back := honest.visit(t, begun.URL)
	for _, source := range []string{"honest", "evil"} {
		if _, err := w.finish(source, back); err == nil {
			t.Errorf("%s: taken", source)
		}
	}
	// Without iss, where the metadata promise one.
	back = honest.visit(t, w.begin("honest", nil).URL)
	back.Del("iss")
	_, err := w.finish("honest", back)
	wantKind(t, "no iss", err, ErrAnswer)
	if evil.count("/token") != 0 || honest.count("/token") != 0 {
		t.Error("a code was sent")
	}
}

// The tenant of a token is the tenant of its issuer, and stays part of who somebody is.
func TestAttack_AF08_TenantsDoNotSpeakForEachOther(t *testing.T) {
	const mine, theirs = "11111111-1111-1111-1111-111111111111", "22222222-2222-2222-2222-222222222222"
	p := newFake(t)
	p.mux.HandleFunc("/common/v2.0/.well-known/openid-configuration", func(w http.ResponseWriter, r *http.Request) {
		p.metadata = map[string]any{"issuer": p.URL + "/{tenantid}/v2.0", "authorization_response_iss_parameter_supported": false}
		p.serveMetadata(w, r)
	})
	w := newWorld(t, Source{ID: "ms", Preset: "microsoft", Issuer: p.URL + "/{tenant}/v2.0", ClientID: "ours", ClientSecret: "s"})
	issuers := map[string]bool{}
	for _, tenant := range []string{mine, theirs} {
		p.change = map[string]any{"iss": p.URL + "/" + tenant + "/v2.0", "tid": tenant, "email_verified": true, "xms_edov": true}
		arrival, err := w.signIn(p, "ms")
		if err != nil {
			t.Fatal(err)
		}
		issuers[arrival.Identity.Issuer] = true
		if arrival.Identity.EmailVerified {
			t.Error("an address that a tenant's administrator wrote is verified")
		}
	}
	if len(issuers) != 2 {
		t.Errorf("one issuer for two tenants: %v", issuers)
	}
	// A key that is for one tenant signs for no other.
	for keyIssuer, good := range map[string]bool{p.URL + "/{tenantid}/v2.0": true, p.URL + "/" + mine + "/v2.0": true, p.URL + "/" + theirs + "/v2.0": false} {
		p.keyIssuer = keyIssuer
		p.change = map[string]any{"iss": p.URL + "/" + mine + "/v2.0", "tid": mine}
		w := newWorld(t, Source{ID: "ms", Preset: "microsoft", Issuer: p.URL + "/{tenant}/v2.0", ClientID: "ours", ClientSecret: "s"})
		if _, err := w.signIn(p, "ms"); (err == nil) != good {
			t.Errorf("a key for %s: %v", keyIssuer, err)
		}
	}
	p.keyIssuer = ""
	for what, change := range map[string]map[string]any{
		"another's tid":  {"iss": p.URL + "/" + mine + "/v2.0", "tid": theirs},
		"no tid":         {"iss": p.URL + "/" + mine + "/v2.0", "tid": nil},
		"a tid of paths": {"iss": p.URL + "/../v2.0", "tid": ".."},
		"the template":   {"iss": p.URL + "/{tenantid}/v2.0", "tid": "{tenantid}"},
	} {
		p.change = change
		_, err := w.signIn(p, "ms")
		wantKind(t, what, err, ErrAnswer)
	}
}

func TestAttack_AF12_ADisabledSourceIsRefusedEverywhere(t *testing.T) {
	p := newFake(t)
	for what, change := range map[string]func(*Source){
		"disabled": func(s *Source) { s.Disabled = true }, "gone": func(s *Source) { s.ID = "another" },
		"another issuer": func(s *Source) { s.Issuer = "https://evil.example" }, "another client": func(s *Source) { s.ClientID = "another" },
	} {
		w := newWorld(t, p.source(nil))
		back := p.visit(t, w.begin("acme", nil).URL)
		before := p.count("/token")
		if err := w.u.Set([]Source{p.source(change)}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.finish("acme", back); !errors.Is(err, ErrSource) && !errors.Is(err, ErrTrip) {
			t.Errorf("%s: %v", what, err)
		}
		if p.count("/token") != before {
			t.Errorf("%s: the code was sent", what)
		}
	}
	w := newWorld(t, p.source(func(s *Source) { s.Disabled = true }))
	var b storage.Batch
	_, begin := w.u.Begin(t.Context(), &b, Start{Source: "acme", Binding: "browser"})
	_, id := w.u.VerifyIDToken(t.Context(), &b, Posted{Source: "acme", Token: "a.b.c", Vouched: true})
	_, access := w.u.VerifyAccessToken(t.Context(), Posted{Source: "acme", Token: "a"})
	_, logout := w.u.VerifyLogoutToken(t.Context(), &b, "acme", "a.b.c")
	_, refresh := w.u.Refresh(t.Context(), "acme", Tokens{Refresh: "a"})
	_, code := w.u.Redeem(t.Context(), Code{Source: "acme", Code: "a"})
	_, profile := w.u.Profile(t.Context(), "acme", Tokens{Access: "a"}, "")
	_, nonce := w.u.Nonce("acme", "b")
	for what, err := range map[string]error{"begin": begin, "id": id, "access": access, "logout": logout, "refresh": refresh, "code": code, "profile": profile, "nonce": nonce} {
		wantKind(t, what, err, ErrSource)
	}
	if len(w.u.Sources()) != 0 {
		t.Error("it is listed")
	}
}

func TestAttack_AF18_ParametersOfTheBrowserAreNotPassedOn(t *testing.T) {
	p := newFake(t)
	w := newWorld(t, p.source(func(s *Source) {
		s.AuthorizeParams = map[string]string{"hd": "example.com", "prompt": "select_account"}
	}))
	begun := w.begin("acme", url.Values{
		"scope": {"admin"}, "hd": {"evil.example"}, "prompt": {"none"}, "redirect_uri": {"https://evil.example"}, "client_id": {"theirs"}, "nonce": {"known"},
		"code_challenge": {"known"}, "response_type": {"token"}, "response_mode": {"fragment"}, "claims": {"{}"}, "request": {"x"}, "login_hint": {"ada@example.org"},
	})
	u, err := url.Parse(begun.URL)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	for name, want := range map[string]string{
		"scope": "openid profile email", "hd": "example.com", "prompt": "select_account", "redirect_uri": w.u.Callback("acme"), "client_id": "ours", "response_type": "code",
		"response_mode": "", "claims": "", "request": "", "login_hint": "ada@example.org",
	} {
		if len(q[name]) > 1 || q.Get(name) != want {
			t.Errorf("%s: got %q, want %q", name, q[name], want)
		}
	}
	if strings.Contains(begun.URL, "known") || strings.Contains(begun.URL, "evil") {
		t.Error(begun.URL)
	}
	// Nor may the configuration write what is this server's.
	for name := range q {
		if name == "hd" || name == "prompt" || name == "login_hint" {
			continue
		}
		if _, problems := Complete(p.source(func(s *Source) { s.AuthorizeParams = map[string]string{name: "x"} })); len(problems) == 0 {
			t.Errorf("%s may be configured", name)
		}
	}
}
