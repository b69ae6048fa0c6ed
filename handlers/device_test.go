package handlers_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"signet/handlers"
	"signet/handlers/robot"
	"signet/provider"
	"signet/provider/account"
)

// limits are those of the configuration's defaults.
func limits(c *handlers.Config) {
	c.Devices = handlers.DeviceLimits{
		Start: handlers.Rate{Count: 30, Per: time.Minute}, Person: handlers.Rate{Count: 5, Per: 5 * time.Minute},
		Network: handlers.Rate{Count: 10, Per: time.Minute}, All: handlers.Rate{Count: 60, Per: time.Minute},
	}
}

// deviceWorld is a world with a client that may use the device grant.
func deviceWorld(t testing.TB, change func(*handlers.Config)) *world {
	t.Helper()
	w := newWorldAt(t, issuer, change)
	_, err := w.provider.AddClient(t.Context(), &provider.Client{ID: "tv", Name: "Television", AuthMethod: "none", GrantTypes: []string{provider.GrantDevice}})
	w.check(err)
	return w
}

// begin is a device authorization request from an address.
func (w *world) begin(addr string, more ...string) (*httptest.ResponseRecorder, map[string]any) {
	form := url.Values{"client_id": {"tv"}, "scope": {"openid profile"}}
	r := w.request(http.MethodPost, "/device_authorization", form.Encode(), append(more, "User-Agent", "Television/1.0")...)
	r.RemoteAddr = addr + ":1234"
	out := w.do(r)
	var device map[string]any
	_ = json.Unmarshal(out.Body.Bytes(), &device)
	return out, device
}

func (w *world) waiting() map[string]any {
	w.t.Helper()
	out, device := w.begin("192.0.2.1")
	if out.Code != http.StatusOK || out.Header().Get("Cache-Control") != "no-store" {
		w.t.Fatalf("%d %v %s", out.Code, out.Header(), out.Body)
	}
	return device
}

// poll is what the token endpoint says to a device: an error, or empty for tokens.
func (w *world) poll(device map[string]any) string {
	w.t.Helper()
	form := url.Values{"grant_type": {provider.GrantDevice}, "client_id": {"tv"}, "device_code": {device["device_code"].(string)}}
	answer := w.decode(w.do(w.request(http.MethodPost, "/token", form.Encode())))
	if _, ok := answer["access_token"]; ok {
		return ""
	}
	return answer["error"].(string)
}

func typeCode(b *robot.Browser, code any) *robot.Browser {
	return b.Get("/device").Submit("device", url.Values{"user_code": {code.(string)}})
}

func TestDevice_Pages(t *testing.T) {
	w := deviceWorld(t, nil)
	device := w.waiting()
	if got := w.poll(device); got != "authorization_pending" {
		t.Error(got)
	}
	b := typeCode(w.browser(), strings.ToLower(device["user_code"].(string)))
	if b.URL().Path != "/login" || strings.Contains(b.Text(), "Television") {
		t.Fatalf("%s %s", b.URL(), b.Text())
	}
	if signIn(b, "ada"); b.URL().Path != "/device/consent" {
		t.Fatalf("%s %s", b.URL(), b.Text())
	}
	w.pass(2 * time.Minute)
	typeCode(b, device["user_code"])
	for id, want := range map[string]string{
		"user-code": device["user_code"].(string), "device-age": "2 minutes ago", "device-place": "192.0.2.x, the network of this browser",
		"device-agent": "Television/1.0",
	} {
		if got := strings.ReplaceAll(b.TextOf(id), " ,", ","); got != want {
			t.Errorf("%s: %q, want %q", id, got, want)
		}
	}
	for _, want := range []string{"Television", "See your profile", "in front of you", "Ada Lovelace"} {
		if !strings.Contains(b.Text(), want) {
			t.Errorf("%q is not on the page: %s", want, b.Text())
		}
	}
	if b.Press("allow", nil); b.URL().Path != "/device/done" || !strings.Contains(b.Text(), "go back to your device") {
		t.Fatalf("%s %s", b.URL(), b.Text())
	}
	if got := w.poll(device); got != "" {
		t.Error(got)
	}
	if got := w.happened(); !strings.Contains(got, "device") || strings.Contains(got, "refused") {
		t.Errorf("events: %s", got)
	}
	if strings.Contains(w.log.String(), "authorization_pending") {
		t.Error("polls fill the log")
	}
}

func TestDevice_Denied(t *testing.T) {
	w := deviceWorld(t, nil)
	device, b := w.waiting(), w.signedIn("ada")
	if typeCode(b, device["user_code"]).Press("deny", nil); b.URL().Path != "/device/done" || !strings.Contains(b.Text(), "not let in") {
		t.Errorf("%s %s", b.URL(), b.Text())
	}
	if got := w.poll(device); got != "access_denied" {
		t.Error(got)
	}
}

// An issuer with a path has its pages there.
func TestDevice_IssuerWithPath(t *testing.T) {
	w := newWorldAt(t, issuer+"/tenant", nil)
	_, err := w.provider.AddClient(t.Context(), &provider.Client{ID: "tv", AuthMethod: "none", GrantTypes: []string{provider.GrantDevice}})
	w.check(err)
	device := w.waiting()
	if device["verification_uri"] != issuer+"/tenant/device" {
		t.Errorf("%v", device)
	}
	b := robot.New(t, issuer)
	b.Transport = robot.Direct(w)
	b.Get(device["verification_uri_complete"].(string)).Submit("device", nil)
	if signIn(b, "ada").Press("allow", nil); b.URL().Path != "/tenant/device/done" {
		t.Fatalf("%s %s", b.URL(), b.Text())
	}
	if got := w.poll(device); got != "" {
		t.Error(got)
	}
}

// Done pages say something only to those who answered.
func TestDevice_DonePage(t *testing.T) {
	w := deviceWorld(t, nil)
	b := w.signedIn("ada")
	for _, address := range []string{"/device/done", "/device/consent", "/device/done?request=x", "/device/consent?request=x"} {
		if b.Get(address); b.Status() != http.StatusBadRequest || b.TextOf("error-code") != "E-REQ-07" {
			t.Errorf("%s: %d %s", address, b.Status(), b.Text())
		}
	}
	typeCode(b, w.waiting()["user_code"])
	request := url.QueryEscape(b.Field("device-consent", "request"))
	if b.Get("/device/done?request=" + request); b.Status() != http.StatusBadRequest {
		t.Errorf("done before the answer: %d", b.Status())
	}
	b.Get("/device/consent?request="+request).Press("allow", nil)
	request = b.URL().Query().Get("request")
	if b.Get("/device/consent?request=" + url.QueryEscape(request)); !b.Has("problem") {
		t.Errorf("answering twice: %s", b.Text())
	}
	if b.Get("/authorize?continue=" + url.QueryEscape(request)); b.URL().Path != "/device/done" {
		t.Errorf("going back: %s", b.URL())
	}
}

// Whoever may not use the client learns so, and the device goes on waiting for somebody who may.
func TestDevice_NotAMember(t *testing.T) {
	w := deviceWorld(t, nil)
	_, err := w.accounts.AddGroup(t.Context(), account.Group{Name: "family"})
	w.check(err)
	w.check(w.provider.EditClient(t.Context(), "tv", func(c *provider.Client) error { c.Groups = []string{"family"}; return nil }))
	device, b := w.waiting(), w.signedIn("ada")
	if typeCode(b, device["user_code"]).Press("allow", nil); b.Status() != http.StatusForbidden || b.TextOf("error-code") != "E-CONSENT-02" {
		t.Errorf("%d %s", b.Status(), b.Text())
	}
	if got := w.poll(device); got != "authorization_pending" {
		t.Error(got)
	}
}

// A client that wants a recent sign-in gets one here, too, also if the page lay open for long.
func TestDevice_DefaultMaxAge(t *testing.T) {
	w := deviceWorld(t, nil)
	minute := int64(60)
	w.check(w.provider.EditClient(t.Context(), "tv", func(c *provider.Client) error { c.DefaultMaxAge = &minute; return nil }))
	device, b := w.waiting(), w.signedIn("ada")
	if typeCode(b, device["user_code"]); !b.Has("device-consent") {
		t.Fatalf("a fresh sign-in: %s %s", b.URL(), b.Text())
	}
	w.pass(2 * time.Minute)
	if b.Press("allow", nil); b.URL().Path != "/login" || b.Field("login", "identifier") != "ada" {
		t.Fatalf("an old sign-in: %s %s", b.URL(), b.Text())
	}
	if got := w.poll(device); got != "authorization_pending" {
		t.Error(got)
	}
	if signIn(b, "ada"); !b.Has("device-consent") {
		t.Fatalf("after signing in again: %s %s", b.URL(), b.Text())
	}
	if b.Press("allow", nil); !b.Has("device-done") {
		t.Fatalf("%s %s", b.URL(), b.Text())
	}
	w.pass(10 * time.Second)
	if got := w.poll(device); got != "" {
		t.Error(got)
	}
}
