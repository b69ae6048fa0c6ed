package playground_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// way chooses how the request travels.
func (v visitor) way(way string) visitor {
	v.t.Helper()
	v.Press("do=show", url.Values{"way": {way}})
	v.at("request")
	if got := v.Field("request", "way"); got != way {
		v.t.Fatalf("the way is %q, want %q", got, way)
	}
	return v
}

// pushed brings the request to the provider.
func (v visitor) pushed() visitor {
	v.t.Helper()
	v.Press("do=go", nil)
	v.at("push")
	v.Press("do=push", nil)
	v.at("push")
	return v
}

// authorized is the query of the authorization request.
func (w *world) authorized(v visitor) url.Values {
	w.t.Helper()
	seen := url.Values{}
	direct := v.Transport
	v.Browser.Transport = transport(func(r *http.Request) (*http.Response, error) {
		if r.URL.Path == "/authorize" && !r.URL.Query().Has("continue") {
			for name, values := range r.URL.Query() {
				seen[name] = values
			}
		}
		return direct.RoundTrip(r)
	})
	return seen
}

func TestPush(t *testing.T) {
	w := newWorld(t)
	for _, method := range []string{"client_secret_basic", "client_secret_post", "none"} {
		v := w.visitor().begin("code", "method", method).next("request").way("par")
		v.saysNot("The whole address", "request_uri=")
		seen := w.authorized(v)
		v.pushed().says("The provider has the request", "POST /par HTTP/1.1", "201 Created", "of 90 seconds left", "request_uri=urn%3Aietf%3Aparams%3Aoauth%3Arequest_uri%3A")
		v.ask("ada").says("The answer is for this request")
		if len(seen) != 2 || seen.Get("client_id") != "playground" || !strings.HasPrefix(seen.Get("request_uri"), "urn:") {
			t.Errorf("the browser carries %v", seen)
		}
		v.next("token").Press("do=send", nil)
		v.at("answer")
		v.says("The ID token is genuine")
	}
}

func TestPush_ProvedWithAKey(t *testing.T) {
	v := newWorld(t).visitor().registers("code").next("request").way("par")
	v.Press("do=go", nil)
	v.says("The client's proof", "client_assertion=")
	v.Press("do=push", nil)
	v.says("The provider has the request")
	v.ask("ada").next("token").Press("do=send", nil)
	v.at("answer")
}

func TestPush_Refused(t *testing.T) {
	v := newWorld(t).visitor().begin("code").next("request").way("par").asks("code_challenge_method", "plain")
	v.Press("do=go", nil)
	v.Press("do=push", nil)
	v.at("push")
	v.says("The provider does not take the request", "something in the request is missing, malformed", "400 Bad Request")
	v.saysNot("The browser carries")
	v.Get(strings.TrimSuffix(v.URL().Path, "push") + "callback")
	v.at("push")
}

// A reference is spent by its answer.
func TestPush_TheReferenceIsGoodOnce(t *testing.T) {
	v := newWorld(t).visitor().begin("code").next("request").way("par").pushed().ask("ada")
	v.Get(strings.TrimSuffix(v.URL().Path, "callback")+"push").Press("do=go", nil)
	if v.Status() == http.StatusOK {
		t.Errorf("taken twice: at %s\n%s", v.URL(), v.Text())
	}
}

func TestPush_AnotherRequestIsPushedAgain(t *testing.T) {
	v := newWorld(t).visitor().begin("code").next("request").way("par").pushed()
	v.Get(strings.TrimSuffix(v.URL().Path, "push") + "request")
	v.asks("scope", "openid").Press("do=go", nil)
	v.at("push")
	v.saysNot("The provider has the request")
}

func TestWays_NeedWhatTheyNeed(t *testing.T) {
	w := newWorld(t)
	offered := func(v visitor, ways ...string) {
		t.Helper()
		for _, way := range []string{"plain", "par", "request", "request_uri", "par-request"} {
			want := strings.Contains(" "+strings.Join(ways, " ")+" ", " "+way+" ")
			if got := strings.Contains(v.Body(), `<option value="`+way+`"`); got != want {
				t.Errorf("%s is offered: %v, want %v", way, got, want)
			}
		}
	}
	offered(w.visitor().begin("code").next("request"), "plain", "par")
	offered(w.visitor().registers("code").next("request"), "plain", "par", "request", "request_uri", "par-request")
	w.tamper = replace(discoveryPath, `"pushed_authorization_request_endpoint"`, `"p"`)
	offered(w.visitor().registers("code").next("request"), "plain", "request", "request_uri")
	w.tamper = replace(discoveryPath, `"request_parameter_supported":true`, `"request_parameter_supported":false`)
	offered(w.visitor().registers("code").next("request"), "plain", "par", "request_uri")
	v := w.visitor().begin("code").next("request")
	v.Press("do=show", url.Values{"way": {"request"}})
	if got := v.Field("request", "way"); got != "plain" {
		t.Errorf("the way is %q", got)
	}
}

func TestRequestObject(t *testing.T) {
	w := newWorld(t)
	v := w.visitor().registers("code").next("request").asks("max_age", "600", "claims", `{"id_token":{"email":null}}`).way("request")
	v.says("The request object", "oauth-authz-req+jwt", "It is good once", "request=eyJ")
	seen := w.authorized(v)
	v.ask("ada").says("The answer is for this request")
	for name := range seen {
		switch name {
		case "client_id", "response_type", "scope", "redirect_uri", "state", "request":
		default:
			t.Errorf("%s stands beside the object", name)
		}
	}
	v.next("token").Press("do=send", nil)
	v.at("answer")
	v.says("The ID token is genuine", "ada@example.test", "auth_time is there")
}

func TestRequestObject_Pushed(t *testing.T) {
	w := newWorld(t)
	v := w.visitor().registers("code").next("request").way("par-request").pushed()
	v.says("The provider has the request")
	seen := w.authorized(v)
	v.ask("ada").next("token").Press("do=send", nil)
	v.at("answer")
	if len(seen) != 2 {
		t.Errorf("the browser carries %v", seen)
	}
}

func TestRequestObject_ByReference(t *testing.T) {
	w := newListeningWorld(t)
	v := w.visitor().registers("code").next("request").way("request_uri")
	v.says("The provider fetches it there")
	v.ask("ada").says("The answer is for this request", "The provider fetched the request object at")
	v.next("token").Press("do=send", nil)
	v.at("answer")
	v.says("The ID token is genuine")
}

func TestRequestObject_SignedByAnother(t *testing.T) {
	w := newWorld(t)
	v := w.visitor().registers("code").next("request").way("request")
	v.Press("do=forge", nil)
	if v.Has("login") || !strings.Contains(v.Text(), "invalid_request_object") && !strings.Contains(v.Body(), "invalid_request_object") {
		t.Errorf("at %s:\n%s", v.URL(), v.Text())
	}
}

// Each request has an object of its own, since each is good once.
func TestRequestObject_IsMadeAnew(t *testing.T) {
	w := newWorld(t)
	v := w.visitor().registers("code").next("request").way("request")
	path := v.URL().Path
	seen := w.authorized(v)
	v.ask("ada")
	first := seen.Get("request")
	v.Get(path).Press("do=go", nil)
	v.at("callback")
	if second := seen.Get("request"); second == first || second == "" {
		t.Error("the same object was sent again")
	}
	v.says("The answer is for this request")
	w.offset.Add(int64(time.Hour))
	v.Get(path).Press("do=go", nil)
	v.saysNot("refuses")
}

// The address of an object shows nothing where there is none.
func TestRequestObject_AddressOfNothing(t *testing.T) {
	w := newWorld(t)
	v := w.visitor().registers("code").next("request").way("request_uri")
	address, _, _ := strings.Cut(v.inAddress("request_uri="), "#")
	if v.Get(address); v.Status() != http.StatusOK || !strings.HasPrefix(v.Body(), "eyJ") {
		t.Errorf("%s: %d %s", address, v.Status(), v.Body())
	}
	for _, path := range []string{strings.Replace(address, "/client/", "/client/x", 1), issuer + "/playground/client//request-object"} {
		if v.Get(path); v.Status() == http.StatusOK {
			t.Errorf("%s: %d", path, v.Status())
		}
	}
	v.begin("code", "client", "registers").next("register")
	if v.Get(strings.Replace(address, "request-object", "nothing", 1)); v.Status() != http.StatusNotFound {
		t.Errorf("%d", v.Status())
	}
}

// inAddress is a parameter in the address on the page.
func (v visitor) inAddress(name string) string {
	v.t.Helper()
	_, rest, ok := strings.Cut(v.TextOf("url"), name)
	if !ok {
		v.t.Fatalf("no %s in %s", name, v.TextOf("url"))
	}
	value, err := url.QueryUnescape(strings.FieldsFunc(rest, func(r rune) bool { return r == '&' || r == ' ' })[0])
	if err != nil {
		v.t.Fatal(err)
	}
	return value
}
