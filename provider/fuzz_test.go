package provider_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"signet/provider"
)

// unobserved keeps no events: a fuzz target is called a million times.
func unobserved(c *provider.Config) { c.Observe = nil }

// FuzzMatchRedirect: what is taken for a registered address is that address, or the same loopback address with another port;
// a second parser must agree.
func FuzzMatchRedirect(f *testing.F) {
	for _, pair := range [][2]string{
		{"https://app.example.test/cb", "https://app.example.test/cb"}, {"http://127.0.0.1/cb", "http://127.0.0.1:8080/cb"}, {"http://[::1]:1/?a", "http://[::1]/?a"},
		{"http://127.0.0.1", "http://127.0.0.1:65536"}, {"http://127.0.0.1/cb", "http://evil@127.0.0.1:99/cb"}, {"https://127.0.0.1/cb", "http://127.0.0.1:9/cb"}, {"http://127.0.0.1/a/b", "http://127.0.0.1:9/a%2fb"},
	} {
		f.Add(pair[0], pair[1])
	}
	f.Add(":80/cb", ":81/cb")
	f.Fuzz(func(t *testing.T, registered, requested string) {
		for _, prefix := range []string{"", "http://127.0.0.1", "http://[::1]"} {
			checkMatch(t, prefix+registered, prefix+requested)
		}
	})
}

func checkMatch(t *testing.T, registered, requested string) {
	if !provider.MatchRedirect(registered, registered) {
		t.Fatalf("%q does not match itself", registered)
	}
	got := provider.MatchRedirect(registered, requested)
	if got != provider.MatchRedirect(requested, registered) {
		t.Fatalf("%q and %q match one way only", registered, requested)
	}
	if got && registered != requested && provider.CheckRedirect(registered) == nil && !sameLoopback(registered, requested) {
		t.Fatalf("%q is taken for %q", requested, registered)
	}
}

// sameLoopback is the rule of RFC 8252 §7.3 as net/url sees the two.
func sameLoopback(registered, requested string) bool {
	var of [2]*url.URL
	for i, s := range []string{registered, requested} {
		u, err := url.Parse(s)
		if err != nil || u.Scheme != "http" || u.User != nil || u.Opaque != "" {
			return false
		}
		if n, err := strconv.Atoi(u.Port()); u.Port() != "" && (err != nil || n < 1 || n > 65535) {
			return false
		}
		if addr, err := netip.ParseAddr(u.Hostname()); err != nil || !addr.IsLoopback() || addr.String() != u.Hostname() {
			return false
		}
		of[i] = u
	}
	a, b := *of[0], *of[1]
	sameHost := a.Hostname() == b.Hostname()
	a.Host, b.Host = "", ""
	return sameHost && a.String() == b.String()
}

// FuzzCheckRedirect: what may be registered is an address without surprises, and an answer to it goes there and nowhere else.
func FuzzCheckRedirect(f *testing.F) {
	for _, uri := range append(slices.Clone(dangerous), "https://a.test/cb?", "https://a.test?x=y&&", "http://[::1]:80/cb", "com.example.app:/cb", "com.example.app:cb?x", "HTTPS://a.test", "http://a.localhost/%2e%2e") {
		f.Add(uri, "state&=\u00e9")
	}
	f.Fuzz(func(t *testing.T, uri, state string) {
		if provider.CheckRedirect(uri) != nil {
			return
		}
		u, err := url.Parse(uri)
		if err != nil || u.Fragment != "" || u.User != nil || strings.ContainsAny(uri, "#\\ \t\r\n\x00<>\"'*") || len(uri) > 2000 {
			t.Fatalf("%q may be registered", uri)
		}
		if ok := u.Scheme == "https" && u.Host != "" || u.Scheme == "http" && provider.LoopbackHost(u.Hostname()) || strings.Contains(u.Scheme, "."); !ok {
			t.Fatalf("%q may be registered", uri)
		}
		params := url.Values{"code": {"c"}, "state": {state}, "iss": {issuer}}
		for _, mode := range []string{"query", "fragment"} {
			answer := provider.Answer{RedirectURI: uri, Mode: mode, Params: params}
			to, err := url.Parse(answer.URL())
			if err != nil || !strings.HasPrefix(answer.URL(), uri) || to.Scheme != u.Scheme || to.Host != u.Host || to.EscapedPath() != u.EscapedPath() || (to.Fragment != "") != (mode == "fragment") {
				t.Fatalf("an answer to %q goes to %q: %v", uri, answer.URL(), err)
			}
			if !strings.HasPrefix(to.RawQuery, u.RawQuery) {
				t.Fatalf("an answer to %q loses its query: %q", uri, answer.URL())
			}
			_, text, _ := strings.Cut(answer.URL(), "#")
			if mode == "query" {
				text = strings.TrimLeft(answer.URL()[len(uri):], "?&")
			}
			if got, err := url.ParseQuery(text); err != nil || got.Get("state") != state || got.Get("code") != "c" {
				t.Fatalf("an answer to %q says %q: %v", uri, text, err)
			}
		}
	})
}

// FuzzAuthorizeQuery: whatever is asked, the answer is a page, an error that is the client's, or an answer at one of the
// client's addresses. Nothing is written.
func FuzzAuthorizeQuery(f *testing.F) {
	w := newStillWorld(f, unobserved)
	addresses := map[string][]string{"app": {callback}, "native": {"http://127.0.0.1/cb", "com.example.app:/cb"}, "asking": {callback, callback + "2"}}
	for id, uris := range addresses {
		c := provider.Client{ID: id, RedirectURIs: uris, FirstParty: id == "app", Audience: []string{"https://api.test"}}
		if id == "native" {
			c.AuthMethod = "none"
		}
		w.client(c)
	}
	signedIn := w.signIn(w.ada)
	for id, uris := range addresses {
		f.Add(params(id, "redirect_uri", uris[0]).Encode(), true)
		f.Add(params(id, "redirect_uri", uris[0], "prompt", "none", "scope", "openid offline_access", "resource", "https://api.test").Encode(), false)
	}
	for _, h := range hostile {
		f.Add(params("app", h.change...).Encode(), true)
	}
	f.Add("client_id=app&scope=email&response_type=code&code_challenge_method=S256&code_challenge="+challenge(verifier), true)
	f.Add("client_id=native&redirect_uri=http://127.0.0.1:99999/cb&response_type=code", true)
	f.Add("a=%00&b=%zz;&&=&client_id", false)
	f.Fuzz(func(t *testing.T, query string, known bool) {
		p, err := url.ParseQuery(query)
		if err != nil {
			return // handlers refuse it
		}
		b := provider.Browser{Binding: "b"}
		if known {
			b = signedIn
		}
		w.tap.reset(nil)
		out, err := w.Authorize(context.Background(), p, b)
		answer := out.Answer
		if err != nil {
			e := (*provider.Error)(nil)
			if !errors.As(err, &e) || e.Status >= 500 || e.Status < 400 || out.Answer != nil || out.Step != nil {
				t.Fatalf("%q: %+v %v", query, out, err)
			}
			answer = e.Answer
		} else if (out.Answer == nil) == (out.Step == nil) {
			t.Fatalf("%q: %+v", query, out)
		}
		if answer != nil && !slices.ContainsFunc(addresses[p.Get("client_id")], func(r string) bool { return provider.MatchRedirect(r, answer.RedirectURI) }) {
			t.Fatalf("%q: an answer to %q", query, answer.RedirectURI)
		}
		if answer != nil && (answer.Params.Get("iss") != issuer || answer.Params.Get("state") != p.Get("state") || answer.Params.Has("code") != (err == nil && known)) {
			t.Fatalf("%q: answered %v", query, answer.Params)
		}
		if out.Step != nil {
			if again, err := w.Resume(context.Background(), out.Step.Request, b); err != nil || again.Step == nil || again.Step.Name != out.Step.Name {
				t.Fatalf("%q: resumed: %+v %v", query, again, err)
			}
		}
		// A code that would be too long for an address is stored; nothing else is.
		if _, writes := w.tap.counted(); writes > 1 || writes == 1 && out.Answer == nil {
			t.Fatalf("%q: %d batches", query, writes)
		}
	})
}

// FuzzTokenForm: no form gets tokens without credentials, none is a fault of ours, and a refusal writes at most one batch.
func FuzzTokenForm(f *testing.F) {
	w := newStillWorld(f, unobserved)
	secret := w.client(provider.Client{ID: "app", FirstParty: true, AuthMethod: "client_secret_post", GrantTypes: []string{"authorization_code", "refresh_token", "client_credentials"}, Scopes: []string{"openid", "read"}, Audience: []string{"https://api.test"}})
	w.client(provider.Client{ID: "spa", AuthMethod: "none"})
	code := w.code(w.signIn(w.ada), params("app"))
	for _, form := range []url.Values{
		codeForm(code), refreshForm(code), {"grant_type": {"client_credentials"}, "scope": {"read"}, "resource": {"https://api.test"}}, {"grant_type": {"password"}},
		{"client_id": {"spa"}, "grant_type": {"refresh_token"}}, {"client_assertion": {"a.b.c"}, "client_assertion_type": {jwtFor}, "grant_type": {"client_credentials"}}, {"token": {code}},
	} {
		f.Add(form.Encode(), true)
		f.Add(form.Encode(), false)
	}
	f.Fuzz(func(t *testing.T, body string, known bool) {
		form, err := url.ParseQuery(body)
		if err != nil || strings.Contains(body, url.QueryEscape(secret)) {
			return
		}
		if known {
			form.Set("client_id", "app")
			form.Set("client_secret", secret)
		}
		r := httptest.NewRequest(http.MethodPost, issuer+"/token", nil)
		r.PostForm, r.Form = form, form
		w.tap.reset(nil)
		answer, err := w.Token(context.Background(), r)
		e := provider.AsError(err)
		if _, writes := w.tap.counted(); writes > 1 {
			t.Fatalf("%q: %d batches", body, writes)
		}
		if e != nil && (e.Status >= 500 || answer != nil) || e == nil && (!known || answer["access_token"] == nil) {
			t.Fatalf("%q: %v %v", body, answer, err)
		}
		if e == nil && form.Get("grant_type") == "authorization_code" && form.Get("code_verifier") != verifier {
			t.Fatalf("%q: a code without its verifier", body)
		}
		for _, err := range []error{w.Revoke(context.Background(), r), second(w.Introspect(context.Background(), r))} {
			if e := provider.AsError(err); e != nil && e.Status >= 500 {
				t.Fatalf("%q: %v", body, err)
			}
		}
	})
}

// FuzzBasicHeader: one header lets the client in, in the spellings that its RFCs allow; a second parser must agree.
func FuzzBasicHeader(f *testing.F) {
	w := newStillWorld(f, unobserved)
	const id = "a b:c"
	secret := w.client(provider.Client{ID: id})
	good := url.QueryEscape(id) + ":" + secret
	for _, h := range []string{"Basic " + std([]byte(good)), "basic " + std([]byte(good)), "Basic " + raw([]byte(good)), "Basic  " + std([]byte(good)), "Basic " + slack([]byte(good+"x")), "Bearer x", "Basic", "Basic ====", std([]byte(good)), "Basic " + std([]byte("%zz:%")), "Basic " + std([]byte(id+":"+secret))} {
		f.Add(h)
	}
	f.Fuzz(func(t *testing.T, header string) {
		r := post("", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {"x"}})
		r.Header["Authorization"] = []string{header}
		_, err := w.Token(context.Background(), r)
		e := provider.AsError(err)
		if e == nil || e.Status >= 500 {
			t.Fatalf("%q: %v", header, err)
		}
		name, word, ok := r.BasicAuth()
		plainName, err1 := url.QueryUnescape(name)
		plainWord, err2 := url.QueryUnescape(word)
		_, text, _ := strings.Cut(header, " ")
		bytes, _ := base64.StdEncoding.DecodeString(text)
		want := ok && err1 == nil && err2 == nil && plainName == id && plainWord == secret && base64.StdEncoding.EncodeToString(bytes) == text
		if in := e.OAuth == "invalid_grant"; in != want {
			t.Fatalf("%q: let in is %v, want %v", header, in, want)
		}
	})
}

// FuzzOpaqueToken: of all texts only the one that was handed out is a token, in its own place.
func FuzzOpaqueToken(f *testing.F) {
	w := newStillWorld(f, unobserved)
	c := addClients(w)
	answer := c.signedIn(w, "app")
	code := w.code(w.signIn(w.ada), params("jwt")) // of another client, so that trying spends nothing
	tokens := []string{answer["access_token"].(string), answer["refresh_token"].(string), code}
	for i, token := range tokens {
		f.Add(i, 0, 0, "")
		f.Add(i, len(token)-1, 1, "B")
		f.Add(i, len(token), 0, "\n")
		f.Add(i, 4, 1, "C")
		f.Add(i, 0, 4, tokens[(i+1)%3][:4])
		f.Add(i, len(token)/2, len(token), "")
	}
	f.Fuzz(func(t *testing.T, kind, at, cut int, insert string) {
		good := tokens[uint(kind)%3]
		from := int(uint(at) % uint(len(good)+1))
		to := from + int(uint(cut)%uint(len(good)-from+1))
		text := good[:from] + insert + good[to:]
		_, userinfo := w.userInfo(text)
		_, refreshed := w.token(c.auth["app"], refreshForm(text))
		_, redeemed := w.token(c.auth["app"], codeForm(text))
		got := []bool{userinfo == nil, refreshed == nil, redeemed == nil, w.says(c.auth["app"], text)}
		want := []bool{text == tokens[0], text == tokens[1], false, text == tokens[0] || text == tokens[1]}
		if !slices.Equal(got, want) {
			t.Fatalf("%q for %q: %v, want %v", text, good, got, want)
		}
		inspected, err := w.Inspect(context.Background(), text)
		if err != nil || inspected.Alive && !slices.Contains(tokens, strings.TrimSpace(text)) {
			t.Fatalf("%q: %+v %v", text, inspected, err)
		}
	})
}

// FuzzClientAssertion: whatever the client's own key has signed, an assertion that lets it in says that it is from the
// client, about the client, for us, for a few minutes, once.
func FuzzClientAssertion(f *testing.F) {
	w, consumers := joseWorld(f)
	c := consumers[0]
	for _, change := range []map[string]any{{}, {"exp": nil}, {"aud": []string{issuer}}, {"jti": 1}, {"iss": "x"}, {"Sub": "svc"}, {"nbf": 1e300}} {
		f.Add(c.header(), c.with(change), true)
	}
	f.Add(`{"alg":"none"}`, c.with(nil), false)
	f.Add(c.header("typ", "at+jwt"), strings.Replace(c.with(nil), "{", `{"exp":1,`, 1), true)
	f.Fuzz(func(t *testing.T, header, payload string, signed bool) {
		sign := c.key.sign
		if !signed {
			sign = func(string) []byte { return []byte(header) }
		}
		w.events = nil
		token := joined(header, payload, sign)
		if !c.accept(token) {
			return
		}
		var claims struct {
			Iss, Sub, JTI string
			Aud           any
			Exp           float64
		}
		if err := json.Unmarshal([]byte(payload), &claims); err != nil || !signed {
			t.Fatalf("%q %q was let in: %v", header, payload, err)
		}
		if list, ok := claims.Aud.([]any); ok && len(list) == 1 {
			claims.Aud = list[0]
		}
		if claims.Iss != "svc" || claims.Sub != "svc" || claims.Aud != issuer || claims.JTI == "" || claims.Exp <= 0 {
			t.Fatalf("%q was let in", payload)
		}
		if c.accept(token) {
			t.Fatalf("%q was let in twice", payload)
		}
	})
}

// FuzzRequestObject: whatever the client's own key has signed, and whatever stands beside it, what is accepted says that it is
// from the client, for us, in its time, and only what it says counts.
func FuzzRequestObject(f *testing.F) {
	w := newStillWorld(f, unobserved)
	k := newForgeKey(f)
	jwks := json.RawMessage(asJSON(map[string]any{"keys": []any{k.public}}))
	w.client(provider.Client{ID: "app", FirstParty: true, JWKS: jwks, RequireSignedRequestObject: true, Scopes: []string{"openid"}})
	b := w.signIn(w.ada)
	header := asJSON(map[string]any{"alg": "ES256", "typ": "oauth-authz-req+jwt"})
	good := w.objectClaims(params("app"), nil)
	for _, rule := range objectRules(w.now().Unix()) {
		f.Add(header, asJSON(w.objectClaims(params("app"), rule.change)), "state=outside", true)
	}
	f.Add(header, strings.Replace(asJSON(good), "{", `{"state":"twice",`, 1), "", true)
	f.Add(header, strings.Replace(asJSON(good), `"s-1"`, `"\u2028\ud800"`, 1), "", true)
	f.Add(`{"alg":"none"}`, asJSON(good), params("app").Encode(), false)
	f.Fuzz(func(t *testing.T, header, payload, beside string, signed bool) {
		sign := k.sign
		if !signed {
			sign = func(string) []byte { return []byte(beside) }
		}
		p, err := url.ParseQuery(beside)
		if err != nil {
			return
		}
		p.Del("request_uri")
		p.Set("client_id", "app")
		p.Set("request", joined(header, payload, sign))
		out, err := w.Authorize(context.Background(), p, b)
		if e := provider.AsError(err); e != nil && (e.Status >= 500 || e.Answer != nil && e.Answer.RedirectURI != callback) {
			t.Fatalf("%q %q: %v", header, payload, err)
		}
		if err != nil || out.Answer == nil {
			return
		}
		var claims map[string]any
		if err := json.Unmarshal([]byte(payload), &claims); err != nil || !signed {
			t.Fatalf("%q %q was taken: %v", header, payload, err)
		}
		list, _ := claims["aud"].([]any)
		exp, _ := claims["exp"].(float64)
		nbf, _ := claims["nbf"].(float64)
		if now := float64(w.now().Unix()); claims["iss"] != "app" || claims["client_id"] != "app" || claims["aud"] != issuer && !slices.Contains(list, any(issuer)) || exp <= now || nbf > now+11 || nbf == 0 {
			t.Fatalf("%q was taken", payload)
		}
		state, isText := claims["state"].(string)
		if got := out.Answer.Params; isText && got.Get("state") != state || !got.Has("code") || out.Answer.RedirectURI != callback {
			t.Fatalf("%q beside %q: answered %v at %s", payload, beside, got, out.Answer.RedirectURI)
		}
	})
}
