package conformance

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"signet/e2e"
)

// between stands between the relying party and the provider and changes what passes.
type between struct {
	http.RoundTripper
	request func(*http.Request)
	answer  func(path string, answer *http.Response, body []byte) []byte
}

// RoundTrip implements http.RoundTripper.
func (b between) RoundTrip(r *http.Request) (*http.Response, error) {
	if b.request != nil {
		b.request(r)
	}
	answer, err := b.RoundTripper.RoundTrip(r)
	if err != nil || b.answer == nil {
		return answer, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, err
	}
	body = b.answer(r.URL.Path, answer, body)
	answer.Body, answer.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	answer.Header.Del("Content-Length")
	return answer, nil
}

// inBody replaces text in the answers at a path.
func inBody(path, old, new string) between {
	return between{answer: func(at string, _ *http.Response, body []byte) []byte {
		if at == path {
			return bytes.Replace(body, []byte(old), []byte(new), 1)
		}
		return body
	}}
}

// inHeader changes a header of the answers at a path.
func inHeader(path, name string, change func(string) string) between {
	return between{answer: func(at string, answer *http.Response, body []byte) []byte {
		if old := answer.Header.Get(name); at == path && old != "" {
			answer.Header.Set(name, change(old))
		}
		return body
	}}
}

// inAnswer changes the parameters of authorization responses.
func inAnswer(change func(url.Values)) between {
	return between{answer: func(_ string, answer *http.Response, body []byte) []byte {
		to, err := url.Parse(answer.Header.Get("Location"))
		if err != nil || to.Host != must(url.Parse(theParty().base)).Host {
			return body
		}
		if to.Fragment != "" {
			values, _ := url.ParseQuery(to.EscapedFragment())
			change(values)
			to.Fragment, to.RawFragment = "", ""
			answer.Header.Set("Location", to.String()+"#"+values.Encode())
			return body
		}
		values := to.Query()
		change(values)
		to.RawQuery = values.Encode()
		answer.Header.Set("Location", to.String())
		return body
	}}
}

// inRequest changes authorization requests on their way.
func inRequest(change func(url.Values)) between {
	return between{request: func(r *http.Request) {
		q := r.URL.Query()
		if strings.HasSuffix(r.URL.Path, "/authorize") && !q.Has("continue") {
			change(q)
			r.URL.RawQuery = q.Encode()
		}
	}}
}

func drop(name string) func(url.Values) { return func(q url.Values) { q.Del(name) } }

// inStatus changes the status of the answers to a method.
func inStatus(method string, from, to int) between {
	return between{answer: func(_ string, answer *http.Response, body []byte) []byte {
		if answer.Request.Method == method && answer.StatusCode == from {
			answer.StatusCode = to
		}
		return body
	}}
}

func to(value string) func(string) string { return func(string) string { return value } }

func set(name, value string) func(url.Values) { return func(v url.Values) { v.Set(name, value) } }

// The relying party of this suite notices what is wrong: a provider that does one thing otherwise ends no module well.
func TestJudge(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a provider")
	}
	hashes := func(v url.Values) {
		token := v.Get("access_token")
		v.Set("access_token", token[:len(token)-1]+"A"+"A")
	}
	for name, wrong := range map[string]struct {
		steps        func(*run)
		responseType string // after "registered" for a client that registers itself, after "waiting" where time passes
		by           between
		end          verdict
		words        string
	}{
		"issuer":             {happy, "code", inBody("/.well-known/openid-configuration", `"issuer":"https://`, `"issuer":"https://x`), failed, "iss "},
		"unknown metadata":   {discoveryModule(nil), "code", inBody("/.well-known/openid-configuration", `{`, `{"house_colour":"blue",`), warning, "house_colour"},
		"metadata type":      {discoveryModule(nil), "code", inBody("/.well-known/openid-configuration", `{`, `{"display_values_supported":"page",`), failed, "display_values_supported"},
		"private key":        {happy, "code", inBody("/jwks", `"kty"`, `"d":"AQAB","kty"`), failed, "private member d"},
		"key without kid":    {happy, "code", inBody("/jwks", `"kid"`, `"id"`), failed, "no kid"},
		"other key":          {happy, "code", inBody("/jwks", `"n":"`, `"n":"x`), failed, "ID token"},
		"state":              {happy, "code", inAnswer(set("state", "other")), failed, "state"},
		"state of a request": {happy, "code id_token", inRequest(set("state", "other")), failed, "state"},
		"nonce":              {happy, "code", inRequest(set("nonce", "other")), failed, "nonce"},
		"iss":                {happy, "code", inAnswer(set("iss", "https://other.example")), failed, "iss"},
		"guessable code":     {happy, "code", inAnswer(set("code", "aaaaaaaaaaaaaaaaaaaaaaaaa")), failed, "entropy"},
		"at_hash":            {happy, "id_token token", inAnswer(hashes), failed, "at_hash"},
		"c_hash":             {happy, "code id_token", inAnswer(set("code", random(40))), failed, "c_hash"},
		"token too many":     {happy, "code", inAnswer(set("id_token", "a.b.c")), failed, "id_token"},
		"wrong channel": {happy, "code", inHeader("/authorize", "Location", func(l string) string {
			return strings.Replace(l, "/callback?", "/callback#", 1)
		}), failed, "fragment"},
		"token_type":                {happy, "code", inBody("/token", `"token_type":"`, `"token_type":"m`), failed, "token_type"},
		"no expires_in":             {happy, "code", inBody("/token", `"expires_in"`, `"ends"`), warning, "expires_in"},
		"expires_in a text":         {happy, "code", inBody("/token", `"expires_in":`, `"expires_in":"soon","e":`), failed, "expires_in"},
		"token media type":          {happy, "code", inHeader("/token", "Content-Type", to("text/plain")), failed, "Content-Type"},
		"no id_token":               {happy, "code", inBody("/token", `"id_token"`, `"it"`), failed, "id_token"},
		"sub of UserInfo":           {happy, "code", inBody("/userinfo", `"sub":"`, `"sub":"x`), failed, "sub"},
		"UserInfo type":             {scopeModule("email"), "code", inBody("/userinfo", `"email_verified":true`, `"email_verified":"true"`), failed, "email_verified"},
		"claim missing":             {scopeModule("phone"), "code", inBody("/userinfo", `"phone_number"`, `"phone"`), warning, "phone_number"},
		"prompt=none asks":          {nobodyThere, "code", inRequest(drop("prompt")), failed, "no error"},
		"prompt=login is forgotten": {promptLogin, "waiting code", inRequest(drop("prompt")), failed, "nobody was asked"},
		"max_age is forgotten":      {maxAge1, "waiting code", inRequest(drop("max_age")), failed, "nobody was asked"},
		"scope is forgotten":        {scopeModule("profile"), "code", inRequest(set("scope", "openid")), warning, "scope profile"},
		"claims are forgotten":      {claimsEssential, "code", inRequest(drop("claims")), warning, "no name"},
		"nonce is made up":          {withoutNonce, "id_token", inRequest(set("nonce", "made-up")), failed, "no error"},
		"response_type is made up":  {responseTypeMissing, "code", inRequest(set("response_type", "code")), failed, "no error"},
		"any redirect URI": {unregistered, "code", inRequest(func(q url.Values) {
			q.Set("redirect_uri", q.Get("redirect_uri")[:strings.LastIndexByte(q.Get("redirect_uri"), '/')])
		}), failed, "was sent to"},
		"error text": {nobodyThere, "code", inAnswer(func(v url.Values) {
			v.Set("error_description", "say \"no\"")
		}), failed, "error_description"},
		"error parameter":         {nobodyThere, "code", inAnswer(set("hint", "x")), warning, "hint"},
		"registration status":     {happy, "registered code", inStatus(http.MethodPost, http.StatusCreated, http.StatusOK), failed, "status 200"},
		"registration error":      {happy, "registered code", inBody("/register", `{`, `{"error":"none",`), failed, "error"},
		"registration without id": {happy, "registered code", inBody("/register", `"client_id"`, `"id"`), failed, "client_id"},
		"secret without end":      {happy, "registered code", inBody("/register", `"client_secret_expires_at"`, `"ends"`), failed, "client_secret_expires_at"},
		"token without address":   {happy, "registered code", inBody("/register", `"registration_client_uri"`, `"uri"`), failed, "registration_client_uri"},
		"address without https":   {happy, "registered code", inBody("/register", `"registration_client_uri":"https:`, `"registration_client_uri":"http:`), failed, "not https"},
		"removal":                 {happy, "registered code", inStatus(http.MethodDelete, http.StatusNoContent, http.StatusOK), warning, "DELETE"},
		"error code":              {nobodyThere, "code", inAnswer(set("error", "access_denied")), failed, "access_denied"},
		"code with error":         {nobodyThere, "code", inAnswer(set("code", random(40))), failed, "comes with"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wait, responseType := cutWord(wrong.responseType, "waiting")
			registered, responseType := cutWord(responseType, "registered")
			v := variant{plan: plans[0], responseType: responseType, responseMode: "default", auth: "client_secret_basic", static: !registered}
			m := newRun(t, "judge", v, own(t, wrong.by, wait))
			m.play(wrong.steps)
			said := strings.Join(append(m.problems, m.notes...), "; ")
			if m.verdict() != wrong.end || !strings.Contains(said, wrong.words) {
				t.Errorf("ended %s with %q, want %s with %q", m.verdict(), said, wrong.end, wrong.words)
			}
		})
	}
}

func cutWord(text, word string) (found bool, rest string) {
	rest, found = strings.CutPrefix(text, word+" ")
	return found, rest
}

// own is a provider of the test's own, of which another stands in between. Where time passes it has the development provider
// for itself.
func own(t *testing.T, by between, wait bool) *provider {
	shared := production
	if wait {
		shared = development
	}
	p, err := shared()
	if err != nil {
		e2e.Missing(t, err.Error())
	}
	by.RoundTripper = p.server.Transport
	mine := &provider{
		issuer: p.issuer, automation: p.automation,
		server: &http.Client{Timeout: time.Minute, Transport: by, CheckRedirect: never},
	}
	if wait {
		p.mu.Lock()
		mine.ahead = p.ahead
		t.Cleanup(func() {
			p.ahead = mine.ahead
			p.mu.Unlock()
		})
	}
	return mine
}
