package playground_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestClaims_ByName(t *testing.T) {
	v := newWorld(t).visitor().begin("code", "scope", "openid").next("request")
	v.Press("do=claims-id-token", nil)
	v.at("request")
	if got := v.Field("request", "p.claims"); !strings.Contains(got, `"essential": true`) {
		t.Errorf("the sample is not in the field: %q", got)
	}
	v.ask("ada").next("token").Press("do=send", nil)
	v.at("answer")
	v.says("The ID token is genuine", "ada@example.test")
}

func TestClaims_ThatAreNoJSON(t *testing.T) {
	v := newWorld(t).visitor().begin("code").next("request").asks("claims", "{email}")
	v.says("claims is no JSON object")
	v.Press("do=go", nil)
	v.at("callback")
	v.says("The provider refuses", "invalid_request")
}

func TestClaims_EssentialACR(t *testing.T) {
	w := newWorld(t)
	v := w.visitor().begin("code").next("request")
	v.Press("do=claims-acr", nil)
	v.ask("ada").next("token").Press("do=send", nil)
	v.says("acr is one that was demanded")

	v = w.visitor().begin("code").next("request")
	v.Press("do=claims-beyond", nil)
	v.ask("ada").says("The provider refuses", "reaches the level of assurance")
}

func TestMaxAge_IsHeldToTheToken(t *testing.T) {
	w := newWorld(t)
	v := w.visitor().begin("code").next("request").asks("max_age", "600")
	v.ask("ada").next("token").Press("do=send", nil)
	v.says("auth_time is there and not longer ago than max_age allows")
}

// A provider that takes no notice of max_age is found out.
func TestMaxAge_TooLongAgo(t *testing.T) {
	w := newWorld(t)
	v := w.signedIn("code")
	w.offset.Add(int64(5 * time.Minute))
	v.begin("code").next("request")
	direct := v.Transport
	v.Browser.Transport = transport(func(r *http.Request) (*http.Response, error) {
		if r.URL.Path == "/authorize" {
			q := r.URL.Query()
			q.Del("max_age")
			r = r.Clone(r.Context())
			r.URL.RawQuery = q.Encode()
		}
		return direct.RoundTrip(r)
	})
	v.asks("max_age", "60").ask("ada").next("token").Press("do=send", nil)
	v.says("auth_time is missing, or longer ago than max_age allows", "The ID token is not good")
}

func TestHint_GoesByPost(t *testing.T) {
	w := newWorld(t)
	v := w.visitor().begin("code").next("request")
	if strings.Contains(v.Body(), "The ID token of the last run") {
		t.Error("a hint is offered though there is none")
	}
	v.ask("ada").next("token").Press("do=send", nil)
	v.begin("code").next("request").asks("id_token_hint", "last", "prompt", "none")
	v.says("POST /authorize HTTP/1.1", "id_token_hint=eyJ")
	if got := v.Field("request", "p.id_token_hint"); got != "keep" {
		t.Errorf("the hint is %q, want it kept", got)
	}
	v.Press("do=go", nil)
	v.at("carry")
	if v.Field("carry", "form_token") != "" {
		t.Error("the form for the provider carries a token of ours")
	}
	v.Submit("carry", nil)
	v.at("callback")
	v.says("The answer is for this request")
	v.next("token").Press("do=send", nil)
	v.says("The ID token is genuine")
}

func TestHint_OfAnotherBrowserIsNotOffered(t *testing.T) {
	w := newWorld(t)
	w.signedIn("code")
	v := w.visitor().begin("code").next("request")
	if strings.Contains(v.Body(), `value="last"`) {
		t.Error("another browser is offered the hint")
	}
	if v.Press("do=show", url.Values{"p.id_token_hint": {"last"}}); strings.Contains(v.Body(), "id_token_hint=eyJ") {
		t.Error("another browser gets the hint")
	}
}

func TestLongRequest_GoesByPost(t *testing.T) {
	v := newWorld(t).visitor().begin("code").next("request").asks("login_hint", strings.Repeat("a", 7000))
	v.Press("do=go", nil)
	v.at("carry")
}

func TestPrompts_AreTheProviders(t *testing.T) {
	w := newWorld(t)
	w.tamper = replace(discoveryPath, `"select_account"`, `"sing"`)
	v := w.visitor().begin("code").next("request")
	for _, want := range []string{`<option value="sing">`, `<option value="form_post.jwt">`, `<option value="code id_token token">`} {
		if !strings.Contains(v.Body(), want) {
			t.Errorf("%s cannot be picked", want)
		}
	}
	v.Press("do=show", url.Values{"p.prompt": {"dance"}})
	if got := v.Field("request", "p.prompt"); got != "dance" {
		t.Errorf("prompt is %q", got)
	}
}
