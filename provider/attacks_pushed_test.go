package provider_test

import (
	"bytes"
	"context"
	"maps"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"signet/provider"
	"signet/storage"
)

const pushedURN = "urn:ietf:params:oauth:request_uri:"

// push pushes a request and returns its request_uri.
func (w *world) push(auth string, form url.Values) (string, error) {
	answer, err := w.Push(context.Background(), post(auth, form))
	uri, _ := answer["request_uri"].(string)
	return uri, err
}

// visit pushes a request, and returns the parameters that the browser brings then.
func (w *world) visit(id, auth string, form url.Values) url.Values {
	w.t.Helper()
	uri, err := w.push(auth, form)
	if err != nil {
		w.t.Fatal(err)
	}
	return url.Values{"client_id": {id}, "request_uri": {uri}}
}

// wantUnusable holds a visit to a page that says that its request_uri is of no use.
func (w *world) wantUnusable(what string, p url.Values, b provider.Browser) {
	w.t.Helper()
	out, err := w.Authorize(w.t.Context(), p, b)
	if e := provider.AsError(err); e == nil || e.OAuth != "invalid_request_uri" || e.Answer != nil || out.Answer != nil || out.Step != nil {
		w.t.Errorf("%s: %+v %v", what, out, err)
	}
}

// Every kind of client can push, and gets what it pushed: large requests, too, which no URL could hold.
func TestPush_EveryClient(t *testing.T) {
	w := newStillWorld(t, nil)
	c := addClients(w)
	w.client(provider.Client{ID: "post", AuthMethod: "client_secret_post", FirstParty: true})
	for _, id := range []string{"app", "public", "signed", "asking"} {
		form := params(id, "state", "pushed", "authorization_details", strings.Repeat("x", 50_000))
		if c.auth[id] != "" {
			form.Del("client_id") // it is in the header
		}
		p := w.visit(id, c.auth[id], c.as(w, id, form))
		if len(p.Encode()) > 512 {
			t.Errorf("%s: a visit of %d bytes", id, len(p.Encode()))
		}
		answer, e := w.token(c.auth[id], c.as(w, id, codeForm(w.code(w.signIn(w.ada), p))))
		if e != nil || w.claimsOf(answer["id_token"])["nonce"] != "n-1" {
			t.Errorf("%s: %v", id, e)
		}
	}
}

// The answer has the members of RFC 9126 §2.2; the request_uri is different each time.
func TestPush_Answer(t *testing.T) {
	w := newStillWorld(t, nil)
	auth := "app:" + w.client(provider.Client{ID: "app", FirstParty: true})
	seen := map[string]bool{}
	for range 3 {
		answer, err := w.Push(t.Context(), post(auth, params("app")))
		uri, _ := answer["request_uri"].(string)
		if err != nil || answer["expires_in"] != int64(90) || !strings.HasPrefix(uri, pushedURN) || len(uri) < len(pushedURN)+64 || seen[uri] || len(answer) != 2 {
			t.Errorf("%v %v", answer, err)
		}
		seen[uri] = true
	}
}

// What is wrong with a request is said when it is pushed.
func TestPush_JudgesAtOnce(t *testing.T) {
	w := newStillWorld(t, nil)
	auth := "app:" + w.client(provider.Client{ID: "app", FirstParty: true, RedirectURIs: []string{callback, callback + "2"}})
	bad := append([]struct {
		change []string
		oauth  string
	}{
		{[]string{"redirect_uri", ""}, "invalid_request"}, {[]string{"redirect_uri", "https://evil.test/"}, "invalid_request"},
		{[]string{"state", "a\nb"}, "invalid_request"}, {[]string{"response_type", "code id_token"}, "unsupported_response_type"},
		{[]string{"request_uri", "https://app.example.test/r"}, "invalid_request"}, {[]string{"request_uri", pushedURN + "x"}, "invalid_request"},
	}, hostile...)
	for _, h := range bad {
		w.tap.reset(nil)
		uri, err := w.push(auth, params("app", h.change...))
		want := strings.ReplaceAll(h.oauth, "invalid_request_uri", "invalid_request")
		if e := provider.AsError(err); e == nil || e.OAuth != want || e.Status != 400 || e.Answer != nil || uri != "" {
			t.Errorf("%q: %v, want %s", h.change, err, want)
		}
		if _, writes := w.tap.counted(); writes != 0 {
			t.Errorf("%q: %d batches", h.change, writes)
		}
	}
	twice := params("app")
	twice.Add("state", "other")
	_, err := w.push(auth, twice)
	wantCode(t, err, "E-REQ-02")
	for _, other := range []string{"", "app:wrong", "nobody:x"} {
		_, err := w.push(other, params("app"))
		if e := provider.AsError(err); e == nil || e.Status != 401 || e.OAuth != "invalid_client" {
			t.Errorf("as %q: %v", other, err)
		}
	}
}

// A pushed request is answered once, until a sign-in that began in time is over.
func TestAttack_AA19_PushedRequestIsGoodForOneAnswer(t *testing.T) {
	w := newStillWorld(t, nil)
	c := addClients(w)
	p := w.visit("asking", c.auth["asking"], params("asking"))
	b := w.signIn(w.ada)
	w.pass(89 * time.Second)
	abandoned := w.consentStep(b, p)
	step := w.consentStep(b, p)
	w.pass(29 * time.Minute)
	sealed, err := w.Consent(t.Context(), step.Request, b, true, false)
	if err != nil {
		t.Fatal(err)
	}
	out, err := w.Resume(t.Context(), sealed, b)
	if err != nil || out.Answer == nil || out.Answer.Params.Get("code") == "" {
		t.Fatalf("%+v %v", out, err)
	}
	for name, again := range map[string]func() error{
		"resumed": func() error { return second(w.Resume(t.Context(), sealed, b)) },
		"consented": func() error {
			return second(w.Consent(t.Context(), abandoned.Request, b, true, false))
		},
		"shown": func() error { return second(w.Step(t.Context(), abandoned.Request, b, provider.StepConsent)) },
		"proven": func() error {
			return second(w.ProveLogin(t.Context(), abandoned.Request, b, w.ada.Subject))
		},
		"resumed from an abandoned page": func() error { return second(w.Resume(t.Context(), abandoned.Request, b)) },
	} {
		if e := provider.AsError(again()); e == nil || e.OAuth != "invalid_request_uri" {
			t.Errorf("%s: %v", name, e)
		}
	}
}

func TestAttack_AA19_PushedRequestReused(t *testing.T) {
	w := newStillWorld(t, nil)
	auth := "app:" + w.client(provider.Client{ID: "app", FirstParty: true})
	b := w.signIn(w.ada)
	p := w.visit("app", auth, params("app"))
	if _, err := w.Authorize(t.Context(), p, provider.Browser{Binding: "b"}); err != nil {
		t.Fatal("a visit that came to nothing:", err)
	}
	w.code(b, p)
	w.wantUnusable("reused", p, b)
	w.wantUnusable("reused elsewhere", p, provider.Browser{Binding: "c"})
	if _, err := w.afresh(nil).Authorize(t.Context(), p, b); provider.AsError(err).OAuth != "invalid_request_uri" {
		t.Errorf("reused in another process: %v", err)
	}
	late := w.visit("app", auth, params("app"))
	w.pass(90 * time.Second)
	w.wantUnusable("late", late, b)
	w.pass(time.Hour)
	w.wantUnusable("very late", late, b)
}

// A client can use its own pushed requests only, and trying another's spends nothing.
func TestAttack_AA19_PushedRequestOfAnotherClient(t *testing.T) {
	w := newStillWorld(t, nil)
	c := addClients(w)
	b := w.signIn(w.ada)
	p := w.visit("app", c.auth["app"], params("app"))
	for _, id := range []string{"jwt", "nobody", "", "APP", "app "} {
		w.wantUnusable("as "+id, url.Values{"client_id": {id}, "request_uri": p["request_uri"]}, b)
	}
	w.wantUnusable("without client_id", url.Values{"request_uri": p["request_uri"]}, b)
	w.code(b, p)
}

// Only the text that was handed out is a request_uri.
func TestAttack_AA19_ForeignRequestURIs(t *testing.T) {
	w := newStillWorld(t, nil)
	c := addClients(w)
	b := w.signIn(w.ada)
	p := w.visit("app", c.auth["app"], params("app"))
	good := strings.TrimPrefix(p.Get("request_uri"), pushedURN)
	elsewhere := newStillWorld(t, func(c *provider.Config) { c.Issuer = "https://other.test" })
	stranger := elsewhere.visit("app", "app:"+elsewhere.client(provider.Client{ID: "app"}), params("app"))
	w.tap.reset(nil)
	for name, uri := range map[string]string{
		"nothing": pushedURN, "cut": pushedURN + good[:len(good)-1], "longer": pushedURN + good + "A", "spaced": pushedURN + good + " ", "twice": pushedURN + pushedURN + good,
		"a code": pushedURN + w.code(b, params("app")), "without prefix": pushedURN + strings.TrimPrefix(good, "spr_"), "another issuer's": stranger.Get("request_uri"), "huge": pushedURN + strings.Repeat("A", 1<<20),
	} {
		w.wantUnusable(name, url.Values{"client_id": {"app"}, "request_uri": {uri}}, b)
	}
	if reads, writes := w.tap.counted(); writes != 0 || reads > 3 {
		t.Errorf("%d reads, %d batches", reads, writes)
	}
	w.code(b, p)
}

// What stands beside a request_uri in the browser's address was not said by the client (RFC 9101 §6.3).
func TestAttack_AA19_ParametersBesideAPushedRequest(t *testing.T) {
	w := newStillWorld(t, nil)
	auth := "app:" + w.client(provider.Client{ID: "app", FirstParty: true, RedirectURIs: []string{callback, callback + "2"}})
	b := w.signIn(w.ada)
	for name, value := range map[string]string{
		"state": "outside", "nonce": "outside", "scope": "openid email", "redirect_uri": callback + "2", "response_type": "token", "response_mode": "fragment", "prompt": "login",
		"max_age": "0", "code_challenge": challenge("another"), "code_challenge_method": "plain", "id_token_hint": "x", "registration": "{}", "resource": "https://x.test", "request": "x",
	} {
		pushed := params("app", "state", "", "nonce", "")
		p := w.visit("app", auth, pushed)
		p.Set(name, value)
		out, err := w.Authorize(t.Context(), p, b)
		if err != nil || out.Answer == nil || out.Answer.RedirectURI != callback || out.Answer.Mode != "query" || out.Answer.Params.Has("state") {
			t.Errorf("%s: %+v %v", name, out, err)
			continue
		}
		answer, e := w.token(auth, codeForm(out.Answer.Params.Get("code")))
		if e != nil || answer["scope"] != "openid" || w.claimsOf(answer["id_token"])["nonce"] != nil {
			t.Errorf("%s: %v %v", name, answer, e)
		}
	}
	p := w.visit("app", auth, params("app"))
	p.Add("state", "a")
	p.Add("state", "b")
	_, err := w.Authorize(t.Context(), p, b)
	wantCode(t, err, "E-REQ-02")
}

// A client whose record says so pushes every request.
func TestAttack_AA20_RequiredPushedRequests(t *testing.T) {
	w := newStillWorld(t, nil)
	auth := "app:" + w.client(provider.Client{ID: "app", FirstParty: true, RequirePAR: true})
	for _, b := range []provider.Browser{{Binding: "b"}, w.signIn(w.ada)} {
		_, err := w.Authorize(t.Context(), params("app"), b)
		if told(err).Get("error") != "invalid_request" || provider.AsError(err).Code != "E-REQ-09" {
			t.Errorf("a plain request: %v", err)
		}
	}
	w.code(w.signIn(w.ada), w.visit("app", auth, params("app")))
}

// A client that is switched off, or put under another address, after it has pushed.
func TestPush_TheClientChanges(t *testing.T) {
	w := newStillWorld(t, nil)
	auth := "app:" + w.client(provider.Client{ID: "app", FirstParty: true})
	b := w.signIn(w.ada)
	p := w.visit("app", auth, params("app"))
	change := func(edit func(c *provider.Client)) {
		t.Helper()
		if err := w.EditClient(t.Context(), "app", func(c *provider.Client) error { edit(c); return nil }); err != nil {
			t.Fatal(err)
		}
	}
	change(func(c *provider.Client) { c.Disabled = true })
	_, err := w.Authorize(t.Context(), p, b)
	wantCode(t, err, "E-CLIENT-01")
	change(func(c *provider.Client) { c.Disabled, c.RedirectURIs = false, []string{callback + "2"} })
	_, err = w.Authorize(t.Context(), p, b)
	wantCode(t, err, "E-REDIR-01")
	change(func(c *provider.Client) { c.RedirectURIs = []string{callback} })
	w.code(b, p)
}

// An operator can ask what became of a request_uri.
func TestPush_Inspect(t *testing.T) {
	w := newStillWorld(t, nil)
	auth := "app:" + w.client(provider.Client{ID: "app", FirstParty: true})
	look := func(uri string, alive bool) provider.Inspection {
		t.Helper()
		in, err := w.Inspect(t.Context(), uri)
		if err != nil || in.Kind != "pushed request" || in.Alive != alive || (in.Why == "") != alive {
			t.Errorf("%+v %v", in, err)
		}
		return in
	}
	p, late := w.visit("app", auth, params("app")), w.visit("app", auth, params("app"))
	if in := look(p.Get("request_uri"), true); in.ClientID != "app" || in.Subject != "" || in.Expires.Unix() != w.now().Unix()+90 {
		t.Errorf("%+v", in)
	}
	w.code(w.signIn(w.ada), p)
	look(p.Get("request_uri"), false)
	w.pass(90 * time.Second)
	look(late.Get("request_uri"), false)
	w.pass(time.Hour)
	look(late.Get("request_uri"), false)
	if in, err := w.Inspect(t.Context(), late.Get("request_uri")+"A"); err != nil || in.Kind != "unknown" {
		t.Errorf("%+v %v", in, err)
	}
}

// rawRecords reads the records of a kind as they were before they were sealed.
func (w *world) rawRecords(kind string) []storage.Row[[]byte] {
	w.t.Helper()
	codec := storage.Codec[[]byte]{
		Marshal:   func(b *[]byte) ([]byte, error) { return *b, nil },
		Unmarshal: func(b []byte, v *[]byte) error { *v = bytes.Clone(b); return nil },
	}
	rows, _, err := storage.NewTable(w.db, &storage.Kind{Name: kind, Passing: true}, codec, nil).List(w.t.Context(), nil, "", 1000)
	if err != nil {
		w.t.Fatal(err)
	}
	return rows
}

// fosite keeps the secret and the assertion with which a request was pushed. Here neither is kept, and nothing of the request
// once it is answered.
func TestFosite_PushedRecordsHoldNoCredentials(t *testing.T) {
	w := newStillWorld(t, nil)
	k := newAssertionKey(t)
	secret := w.client(provider.Client{ID: "post", AuthMethod: "client_secret_post", FirstParty: true})
	w.client(provider.Client{ID: "signed", AuthMethod: "private_key_jwt", JWKS: k.jwks, FirstParty: true})
	assertion := k.assertion(t, "signed", w.now(), nil)
	forms := map[string]url.Values{"post": params("post", "client_secret", secret, "login_hint", "ada@example.test"), "signed": assertionForm(assertion, params("signed", "login_hint", "ada@example.test"))}
	for id, form := range forms {
		p := w.visit(id, "", form)
		for _, row := range w.rawRecords("par") {
			if bytes.Contains(row.Value, []byte(secret)) || bytes.Contains(row.Value, []byte(assertion[:40])) || bytes.Contains(row.Value, []byte("client_assertion")) || bytes.Contains(row.Value, []byte("client_secret")) {
				t.Errorf("%s: %q", id, row.Value)
			}
		}
		w.code(w.signIn(w.ada), p)
		for _, row := range w.rawRecords("par") {
			if bytes.Contains(row.Value, []byte("ada")) || row.Version != 2 {
				t.Errorf("%s, answered: version %d of %q", id, row.Version, row.Value)
			}
		}
	}
}

// The assertion with which a request is pushed is spent by it, also by one that is refused.
func TestAttack_AB20_PushSpendsItsAssertion(t *testing.T) {
	w := newStillWorld(t, nil)
	k := newAssertionKey(t)
	w.client(provider.Client{ID: "signed", AuthMethod: "private_key_jwt", JWKS: k.jwks})
	for name, form := range map[string]url.Values{"taken": params("signed"), "refused": params("signed", "scope", "openid admin")} {
		form = assertionForm(k.assertion(t, "signed", w.now(), nil), form)
		w.tap.reset(nil)
		_, first := w.push("", maps.Clone(form))
		if _, writes := w.tap.counted(); writes != 1 {
			t.Errorf("%s: %d batches", name, writes)
		}
		_, err := w.push("", maps.Clone(form))
		if e := provider.AsError(err); e == nil || e.OAuth != "invalid_client" {
			t.Errorf("%s (%v), then: %v", name, first, err)
		}
	}
	for ahead, want := range map[time.Duration]bool{8 * time.Second: true, 61 * time.Second: false} {
		at := w.now().Add(ahead).Unix()
		_, err := w.push("", assertionForm(k.assertion(t, "signed", w.now(), map[string]any{"iat": at, "nbf": at, "exp": at + 60}), params("signed")))
		if (err == nil) != want {
			t.Errorf("an assertion of %v from now: %v", ahead, err)
		}
	}
	for _, aud := range []any{[]string{issuer, "https://evil.test"}, issuer + "/par", issuer + "/token"} {
		_, err := w.push("", assertionForm(k.assertion(t, "signed", w.now(), map[string]any{"aud": aud}), params("signed")))
		if e := provider.AsError(err); e == nil || e.OAuth != "invalid_client" {
			t.Errorf("an assertion for %v: %v", aud, err)
		}
	}
}

// raceAnswers lets many browsers finish one request at once, on all nodes.
func (c cluster) raceAnswers(p url.Values, b provider.Browser) (won []map[string]any, lost []*provider.Error) {
	var (
		wg    sync.WaitGroup
		mu    sync.Mutex
		start = make(chan struct{})
	)
	for i := range racers {
		wg.Go(func() {
			<-start
			out, err := c.node(i).Authorize(context.Background(), p, b)
			mu.Lock()
			defer mu.Unlock()
			if err != nil || out.Answer == nil {
				lost = append(lost, provider.AsError(err))
			} else {
				won = append(won, map[string]any{"code": out.Answer.Params.Get("code")})
			}
		})
	}
	close(start)
	wg.Wait()
	return won, lost
}

func TestAttack_AA19_PushedRequestRace(t *testing.T) {
	onEngines(t, nil, func(t *testing.T, c cluster) {
		auth := "app:" + c[0].client(provider.Client{ID: "app", FirstParty: true})
		b := c[0].signIn(c[0].ada)
		for range races(t) {
			won, lost := c.raceAnswers(c[1].visit("app", auth, params("app")), b)
			wantOneWinner(t, won, lost, "invalid_request_uri")
		}
	})
}
