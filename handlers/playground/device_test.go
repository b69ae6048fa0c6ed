package playground_test

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

var typingLink = regexp.MustCompile(`href="([^"]*/device\?user_code=[^"]+)"`)

// person answers a device in another browser: the one that the page leads to.
func (w *world) person(v visitor, button string) {
	w.t.Helper()
	found := typingLink.FindStringSubmatch(v.Body())
	if found == nil {
		w.t.Fatalf("no link at %s:\n%s", v.URL(), v.Text())
	}
	other := w.visitor()
	other.Get(found[1]).Submit("device", nil).Submit("login", url.Values{"identifier": {"ada"}, "password": {password}})
	if other.Press(button, nil); !other.Has("device-done") {
		w.t.Fatalf("%s: %s", other.URL(), other.Text())
	}
}

func TestDevice_FromCodesToVerifiedClaims(t *testing.T) {
	for _, method := range []string{"client_secret_basic", "none"} {
		w := newWorld(t)
		v := w.visitor().begin("device", "method", method).next("device").reads("POST /device_authorization HTTP/1.1", "code_challenge=")
		v.Submit("ask", nil).reads("The device shows", "on a phone or a computer", "spell nothing", "verification_uri_complete")
		v.next("token")
		v.Submit("poll", nil).reads("authorization_pending", "Attention:")
		v.saysNot("Wrong:")
		v.Submit("poll", nil).reads("slow_down")
		w.person(v, "allow")
		v.Submit("poll", nil)
		v.at("answer")
		v.says("The ID token is genuine", "nonce is what was sent", "at_hash fits the access token")
		v.saysNot("Wrong:", "Attention:")
		v.next("use").do("userinfo").says("ada@example.test")
		v.do("refresh")
		v.saysNot("Wrong:")
		v.next("sign-out")
	}
}

// reads is says, for chains.
func (v visitor) reads(all ...string) visitor {
	v.t.Helper()
	v.says(all...)
	return v
}

// Submit submits a form and stays a visitor.
func (v visitor) Submit(id string, change url.Values) visitor {
	v.Browser.Submit(id, change)
	return v
}

func TestDevice_DeniedAndExpired(t *testing.T) {
	w := newWorld(t)
	v := w.visitor().begin("device").next("device").Submit("ask", nil)
	w.person(v, "deny")
	v.next("token").Submit("poll", nil).reads("The device gets no tokens", "access_denied")
	v.Get(strings.Replace(v.URL().Path, "/token", "/device", 1))
	v.Submit("ask", nil).next("token")
	w.offset.Add(int64(5 * time.Minute))
	v.Submit("poll", nil).reads("expired_token", "Wrong:")
}

func TestDevice_Refused(t *testing.T) {
	w := newWorld(t)
	w.tamper = func(r *http.Request, resp *http.Response) {
		if r.URL.Path == "/device_authorization" {
			resp.StatusCode, resp.Body = http.StatusBadRequest, io.NopCloser(strings.NewReader(`{"error":"unauthorized_client"}`))
		}
	}
	v := w.visitor().begin("device").next("device").Submit("ask", nil).reads("The provider gives no codes", "unauthorized_client")
	v.Get(strings.Replace(v.URL().Path, "/device", "/token", 1))
	v.at("device")
}

// A provider that answers nonsense is shown to, and no link of its making is followed.
func TestDevice_NonsenseIsShown(t *testing.T) {
	for _, body := range []string{
		`{}`, `[]`, `{"device_code":"x"}`, `{"device_code":"x","user_code":"AB","verification_uri":"https://evil.example/device","verification_uri_complete":"https://evil.example/device?user_code=AB"}`,
		`{"device_code":"x","user_code":"\"><script>","verification_uri":"` + issuer + `/device","verification_uri_complete":"` + issuer + `/device?user_code=\"><script>"}`,
	} {
		w := newWorld(t)
		w.tamper = func(r *http.Request, resp *http.Response) {
			if r.URL.Path == "/device_authorization" {
				resp.Body = io.NopCloser(bytes.NewReader([]byte(body)))
			}
		}
		v := w.visitor().begin("device").next("device").Submit("ask", nil)
		if strings.Contains(v.Body(), `href="https://evil.example`) || strings.Contains(v.Body(), "<script>") || typingLink.MatchString(v.Body()) {
			t.Errorf("%s makes %s", body, v.Body())
		}
	}
}
