package playground_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"signet/handlers/robot"
)

// replace changes what the playground gets from a path.
func replace(path, old, new string) func(*http.Request, *http.Response) {
	return func(r *http.Request, resp *http.Response) {
		if r.URL.Path == path {
			body, _ := io.ReadAll(resp.Body)
			setBody(resp, bytes.ReplaceAll(body, []byte(old), []byte(new)))
		}
	}
}

func setBody(resp *http.Response, body []byte) {
	resp.Body = io.NopCloser(bytes.NewReader(body))
	resp.ContentLength = int64(len(body))
	resp.Header.Del("Content-Length")
}

const discoveryPath = "/.well-known/openid-configuration"

func TestDiscovery_ShowsWhatLibrariesTripOver(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct{ old, new, want string }{
		{`"issuer":"http://localhost:8080"`, `"issuer":"http://localhost:8080/"`, "Is not the address that was asked"},
		{`"S256"`, `"plain"`, "Lacks S256"},
		{`"RS256",`, ``, "Lacks RS256"},
		{`"jwks_uri":"http://localhost:8080/jwks"`, `"jwks_uri":"http://id.example/jwks"`, "Is neither https nor an address of this machine"},
		{`"token_endpoint":`, `"token_endpoint2":`, "Is missing"},
		{`"response_types_supported":["code",`, `"response_types_supported":[`, "Lacks code"},
	} {
		w.tamper = replace(discoveryPath, c.old, c.new)
		v := w.visitor().begin("code")
		v.says(c.want, "A client library would trip over 1 thing")
	}
	w.tamper = replace(discoveryPath, `"revocation_endpoint"`, `"r"`)
	w.visitor().begin("code").says("1 thing is missing that is good to have", "Attention:")
}

func TestDiscovery_ThatCannotBeRead(t *testing.T) {
	w := newWorld(t)
	v := w.visitor()
	for _, body := range []string{"", "[]", `{"issuer":`, `{"token_endpoint":7}`, "<html>"} {
		w.tamper = func(_ *http.Request, resp *http.Response) { setBody(resp, []byte(body)) }
		v.begin("code")
		v.says("Wrong:")
		v.Get(strings.TrimSuffix(v.URL().Path, "discovery") + "request")
		v.at("discovery")
	}
	w.tamper = nil
	v.Submit("again", nil)
	v.says("Nothing here that a client library would trip over")
}

// forge changes the answer that the browser brings back.
func (v visitor) forge(name, value string) {
	v.t.Helper()
	v.forgeBy(name, func(string) string { return value })
}

// forgeBy changes a parameter of the answer that the browser brings back.
func (v visitor) forgeBy(name string, change func(string) string) {
	v.t.Helper()
	v.tamperAnswer(func(q url.Values) url.Values {
		q.Set(name, change(q.Get(name)))
		return q
	})
}

// kept returns where a parameter of the answer will be.
func (v visitor) kept(name string) *string {
	v.t.Helper()
	var value string
	v.tamperAnswer(func(q url.Values) url.Values {
		value = q.Get(name)
		return q
	})
	return &value
}

// plain takes a signed answer out of its signature.
func (v visitor) plain() {
	v.t.Helper()
	v.tamperAnswer(func(q url.Values) url.Values {
		payload, _ := base64.RawURLEncoding.DecodeString(strings.Split(q.Get("response"), ".")[1])
		var all map[string]any
		_ = json.Unmarshal(payload, &all)
		out := url.Values{}
		for _, name := range []string{"code", "state", "iss"} {
			out.Set(name, all[name].(string))
		}
		return out
	})
}

// tamperAnswer puts another answer into the place of the provider's, in query and fragment.
func (v visitor) tamperAnswer(change func(url.Values) url.Values) {
	v.t.Helper()
	direct := v.Transport
	v.Browser.Transport = transport(func(r *http.Request) (*http.Response, error) {
		resp, err := direct.RoundTrip(r)
		if err != nil {
			return resp, err
		}
		to := resp.Header.Get("Location")
		for _, mark := range []string{"/playground/callback?", "/playground/callback#"} {
			if before, params, ok := strings.Cut(to, mark); ok {
				q, _ := url.ParseQuery(params)
				resp.Header.Set("Location", before+mark+change(q).Encode())
			}
		}
		return resp, err
	})
}

func TestCallback_ForgedAnswersGoNoFurther(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct{ name, value, want string }{
		{"state", "forged", "The state is not the one that was sent"},
		{"state", "", "The state is not the one that was sent"},
		{"iss", "https://other.example", "The issuer is not the one that was asked"},
		{"code", "", "There is neither a code nor an error"},
	} {
		var asked int
		w.tamper = func(r *http.Request, _ *http.Response) {
			if r.URL.Path == "/token" {
				asked++
			}
		}
		v := w.visitor().begin("code").next("request")
		v.forge(c.name, c.value)
		v.ask("ada")
		v.says(c.want, "Wrong:")
		path := strings.TrimSuffix(v.URL().Path, "callback") + "token"
		token := v.Field("restart", "form_token")
		v.Get(path)
		v.at("callback")
		v.Post(path, url.Values{"form_token": {token}, "do": {"send"}})
		v.at("callback")
		if asked != 0 {
			t.Errorf("%s=%q: the code was exchanged", c.name, c.value)
		}
	}
}

func TestCallback_StrayAnswersAreThrownAway(t *testing.T) {
	v := newWorld(t).visitor().begin("code").next("request").ask("ada")
	v.Get("/playground/callback?code=x&state=y")
	v.at("callback")
	v.says("Another answer came", "The answer is for this request", "Did not come")
	v.next("token").Press("do=send", nil)
	v.at("answer")
	if v.visitor().Get("/playground/callback?code=x&state=y").Status() != http.StatusNotFound {
		t.Error("an answer for nobody was taken")
	}
}

// visitor is another browser at the same place.
func (v visitor) visitor() visitor {
	b := robot.New(v.t, issuer)
	b.Transport = v.Transport
	return visitor{b, v.t}
}

// idTokens keeps the ID tokens that pass, and puts the last one in the place of the next when told to.
type idTokens struct {
	last string
	swap bool
}

func (s *idTokens) tamper(r *http.Request, resp *http.Response) {
	if r.URL.Path != "/token" {
		return
	}
	body, _ := io.ReadAll(resp.Body)
	var answer map[string]any
	if json.Unmarshal(body, &answer) == nil {
		token, _ := answer["id_token"].(string)
		if s.swap {
			answer["id_token"] = s.last
			body, _ = json.Marshal(answer)
		}
		s.last = token
	}
	setBody(resp, body)
}

func TestAnswer_IDTokenOfAnotherRunIsRefused(t *testing.T) {
	w, s := newWorld(t), &idTokens{}
	w.tamper = s.tamper
	w.signedIn("code", "client_id", "other").says("The ID token is genuine")
	s.swap = true
	v := w.signedIn("code")
	v.says("The ID token is not good", "The signature fits the key", "aud does not name this client", "nonce is not what was sent",
		"at_hash does not fit", "does not accept it")
}

func TestAnswer_SignatureIsChecked(t *testing.T) {
	w, other := newWorld(t), newWorld(t)
	w.tamper = func(r *http.Request, resp *http.Response) {
		if r.URL.Path == "/jwks" {
			theirs, err := robot.Direct(other).RoundTrip(r)
			if err == nil {
				*resp = *theirs
			}
		}
	}
	w.signedIn("code").says("The ID token is not good", "No key that the issuer publishes fits", "The issuer has no such key", "does not accept it")
	w.tamper = func(r *http.Request, resp *http.Response) {
		if r.URL.Path == "/jwks" {
			resp.StatusCode = http.StatusServiceUnavailable
		}
	}
	w.signedIn("code").says("The ID token is not good", "No key that the issuer publishes fits")
}

func TestAnswer_ClocksThatDiffer(t *testing.T) {
	w := newWorld(t)
	v := w.visitor().begin("code").next("request").ask("ada").next("token")
	w.tamper = func(r *http.Request, _ *http.Response) {
		if r.URL.Path == "/token" {
			w.offset.Add(-int64(3600e9))
		}
	}
	v.Press("do=send", nil)
	v.says("iat is missing or lies ahead")
	w.tamper = nil
	w.offset.Store(0)
	v = w.visitor().begin("code").next("request").ask("ada").next("token")
	w.tamper = func(r *http.Request, _ *http.Response) {
		if r.URL.Path == "/token" {
			w.offset.Add(2 * 3600e9)
		}
	}
	v.Press("do=send", nil)
	v.says("exp is over", "does not accept it")
}

func TestAnswer_GarbageForAnIDToken(t *testing.T) {
	w := newWorld(t)
	for _, garbage := range []string{"x", "a.b.c", "e30.e30.", "eyJhbGciOiJub25lIn0.e30.", "eyJhIjoxfQ.bnVsbA.x"} {
		s := &idTokens{last: garbage, swap: true}
		w.tamper = s.tamper
		w.signedIn("code").says("The ID token is not good", "Wrong:")
	}
}
