package playground_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// The link that begins with a path.
func (v visitor) link(prefix string) string {
	v.t.Helper()
	_, rest, ok := strings.Cut(v.Body(), `href="`+prefix)
	if !ok {
		v.t.Fatalf("no link to %s at %s", prefix, v.URL())
	}
	return prefix + rest[:strings.IndexByte(rest, '"')]
}

func TestRun_OfAnotherBrowserDoesNotExist(t *testing.T) {
	v := newWorld(t).signedIn("code").next("use")
	mine := v.URL().Path
	foreign := v.visitor().begin("code")
	if foreign.Get(mine); foreign.Status() != http.StatusNotFound || strings.Contains(foreign.Body(), "sat_") {
		t.Errorf("another browser sees %d %s", foreign.Status(), foreign.Text())
	}
	foreign.begin("code").next("request")
	token := foreign.Field("go", "form_token")
	foreign.Post(mine, url.Values{"form_token": {token}, "do": {"revoke-access"}})
	if foreign.Status() != http.StatusNotFound {
		t.Errorf("another browser's form: %d", foreign.Status())
	}
	v.do("userinfo").says("Ada Lovelace")
	if v.visitor().Get(mine).Status() != http.StatusNotFound {
		t.Error("a browser without cookie sees it")
	}
}

// Somebody makes a victim's browser bring the attacker's answer.
func TestCallback_OfAnotherBrowserIsNotTaken(t *testing.T) {
	w := newWorld(t)
	attacker := w.visitor().begin("code").next("request")
	var answer string
	direct := attacker.Transport
	attacker.Transport = transport(func(r *http.Request) (*http.Response, error) {
		if r.URL.Path == "/playground/callback" {
			answer = r.URL.String()
		}
		return direct.RoundTrip(r)
	})
	attacker.ask("grace")
	victim := w.visitor().begin("code").next("request").ask("ada")
	victim.Get(answer)
	victim.says("Another answer came")
	victim.next("token").Press("do=send", nil)
	victim.next("use").do("userinfo").says("Ada Lovelace")
}

func TestForm_NeedsItsToken(t *testing.T) {
	v := newWorld(t).visitor().begin("code").next("request")
	path := v.URL().Path
	before := v.Field("request", "p.state")
	if v.Post(path, url.Values{"do": {"fresh"}}); v.Status() != http.StatusForbidden {
		t.Errorf("a form without its token: %d", v.Status())
	}
	if v.Post("/playground", url.Values{"flow": {"code"}}); v.Status() != http.StatusForbidden {
		t.Errorf("a new run without its token: %d", v.Status())
	}
	if after := v.Get(path).Field("request", "p.state"); after != before {
		t.Error("it was done all the same")
	}
}

func TestRuns_AreForgotten(t *testing.T) {
	w := newWorld(t)
	v := w.visitor().begin("code")
	path := v.URL().Path
	w.offset.Add(int64(48 * time.Hour)) // the provider's clock does not count
	w.age.Add(int64(23 * time.Hour))
	if v.Get(path).Status() != http.StatusOK {
		t.Error("forgotten too early")
	}
	w.age.Add(int64(23 * time.Hour))
	if v.Get(path).Status() != http.StatusOK {
		t.Error("forgotten though it was used")
	}
	w.age.Add(int64(24 * time.Hour))
	if v.Get(path).Status() != http.StatusNotFound {
		t.Error("kept for ever")
	}
}

func TestRuns_AreFew(t *testing.T) {
	w := newWorld(t)
	v := w.visitor().begin("code")
	first := v.URL().Path
	neighbour := w.visitor().begin("code")
	kept := neighbour.URL().Path
	second := v.begin("code").URL().Path
	for range 18 {
		v.begin("code")
	}
	v.Get(first) // is used last, so the second goes
	v.begin("code")
	for path, want := range map[string]int{first: http.StatusOK, second: http.StatusNotFound} {
		if v.Get(path); v.Status() != want {
			t.Errorf("%s: %d, want %d", path, v.Status(), want)
		}
	}
	if neighbour.Get(kept).Status() != http.StatusOK {
		t.Error("one browser's runs push out another's")
	}
	for range 200 {
		w.visitor().begin("code")
	}
	if neighbour.Get(kept).Status() != http.StatusNotFound {
		t.Error("there is no limit")
	}
}

// No token and no secret is ever in an address, where histories and logs keep it.
func TestAddresses_HoldNoTokens(t *testing.T) {
	w := newWorld(t)
	var secrets, addresses []string
	w.tamper = func(r *http.Request, resp *http.Response) {
		addresses = append(addresses, r.URL.String())
		if r.URL.Path != "/token" {
			return
		}
		body, _ := io.ReadAll(resp.Body)
		setBody(resp, body)
		var answer map[string]any
		_ = json.Unmarshal(body, &answer)
		for _, name := range []string{"access_token", "id_token", "refresh_token"} {
			if s, ok := answer[name].(string); ok {
				secrets = append(secrets, s)
			}
		}
	}
	v := w.visitor()
	direct := v.Transport
	v.Transport = transport(func(r *http.Request) (*http.Response, error) {
		resp, err := direct.RoundTrip(r)
		addresses = append(addresses, r.URL.String(), resp.Header.Get("Location"))
		return resp, err
	})
	v.begin("refresh", "client_secret", "my-own-secret").next("request")
	secrets = append(secrets, "my-own-secret", verifierOn(v))
	v.ask("ada").next("token").Press("do=send", nil)
	v.next("use").do("userinfo").do("introspect-access").do("introspect-refresh").do("refresh").do("revoke-access").signsOut(nil)
	v.at("ended")
	v.begin("code").next("request").asks("id_token_hint", "last").Press("do=go", nil)
	v.Submit("carry", nil)
	if len(secrets) < 7 {
		t.Fatalf("only %d secrets seen", len(secrets))
	}
	for _, secret := range secrets {
		if strings.Contains(strings.Join(addresses, "\n"), secret) {
			t.Errorf("%.12s… is in an address", secret)
		}
	}
}

// verifierOn reads the verifier off the request's page.
func verifierOn(v visitor) string {
	v.t.Helper()
	words := strings.Fields(v.TextOf("verifier"))
	for i, word := range words {
		if word == "verifier" && i+1 < len(words) && len(words[i+1]) >= 43 {
			return words[i+1]
		}
	}
	v.t.Fatalf("no verifier: %s", v.TextOf("verifier"))
	return ""
}

func TestSteps_UnknownOnes(t *testing.T) {
	v := newWorld(t).visitor().begin("client-credentials")
	base := strings.TrimSuffix(v.URL().Path, "discovery")
	for step, want := range map[string]int{"request": 404, "provider": 404, "nothing": 404, "token": 200} {
		if v.Get(base + step); v.Status() != want {
			t.Errorf("%s: %d, want %d", step, v.Status(), want)
		}
	}
}
