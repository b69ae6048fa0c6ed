package playground_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// says fails the test unless the page says all of these.
func (v visitor) says(all ...string) {
	v.t.Helper()
	for _, words := range all {
		if !strings.Contains(v.Text(), words) {
			v.t.Errorf("%s does not say %q:\n%s", v.URL(), words, v.Text())
		}
	}
}

// saysNot fails the test if the page says one of these.
func (v visitor) saysNot(all ...string) {
	v.t.Helper()
	for _, words := range all {
		if strings.Contains(v.Text(), words) {
			v.t.Errorf("%s says %q:\n%s", v.URL(), words, v.Text())
		}
	}
}

func TestCode_FromDiscoveryToVerifiedClaims(t *testing.T) {
	v := newWorld(t).visitor().begin("code")
	v.says("Nothing here that a client library would trip over", "Good: "+issuer, "GET /.well-known/openid-configuration HTTP/1.1")
	v.next("request").says("code_verifier", "code_challenge", "openid profile email")
	v.ask("ada").says("The answer is for this request", "Equals what was sent", "Equals the issuer")
	if v.URL().RawQuery != "" {
		t.Errorf("the answer stays in the address: %s", v.URL())
	}
	v.next("token").says("POST /token HTTP/1.1", "grant_type=authorization_code")
	v.Press("do=send", nil)
	v.at("answer")
	v.says("The ID token is genuine", "The signature fits the key", "nonce is what was sent", "at_hash fits the access token", "coreos/go-oidc, accepts it")
	v.saysNot("Wrong:", "Attention:")
}

func TestCode_EveryMethodOfAuthentication(t *testing.T) {
	w := newWorld(t)
	for _, method := range []string{"client_secret_basic", "client_secret_post", "none"} {
		w.signedIn("code", "method", method).says("The ID token is genuine")
	}
}

var _ = []any{http.StatusOK, url.Values{}, time.Second}
