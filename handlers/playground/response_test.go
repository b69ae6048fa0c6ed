package playground_test

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// asks changes parameters of the request; fields are pairs.
func (v visitor) asks(fields ...string) visitor {
	v.t.Helper()
	form := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		form.Set("p."+fields[i], fields[i+1])
	}
	v.Press("do=show", form)
	v.at("request")
	return v
}

// carried does what the script of the fragment's page does.
func (v visitor) carried() visitor {
	v.t.Helper()
	if !v.Has("fragment") {
		v.t.Fatalf("no fragment taken at %s:\n%s", v.URL(), v.Text())
	}
	v.Submit("fragment", url.Values{"fragment": {v.URL().EscapedFragment()}})
	v.at("callback")
	return v
}

// posted does what the script of a form_post page does.
func (v visitor) posted() visitor {
	v.t.Helper()
	v.Submit("form-post", nil)
	v.at("callback")
	return v
}

func TestHybrid(t *testing.T) {
	v := newWorld(t).visitor().begin("hybrid").next("request")
	v.says("response_type=code+id_token", "an ID token that vouches for it", "In the fragment of the redirect URI")
	v.ask("ada").says("Browsers send no server what stands after #", "Copy the whole address")
	v.carried().says("The answer is for this request", "c_hash fits the code", "s_hash fits the state", "nonce is what was sent")
	v.saysNot("Wrong:", "Attention:")
	if v.URL().RawQuery != "" || v.URL().Fragment != "" {
		t.Errorf("the answer stays in the address: %s", v.URL())
	}
	v.next("token").Press("do=send", nil)
	v.at("answer")
	v.says("The ID token is genuine", "at_hash fits the access token", "the same as before")
	v.saysNot("Wrong:")
}

func TestHybrid_EveryPartIsTiedToTheOthers(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct{ response, name, value, want string }{
		{"code id_token", "code", "another", "c_hash does not fit the code"},
		{"code id_token token", "code", "another", "c_hash does not fit the code"},
		{"code id_token token", "access_token", "another", "at_hash does not fit the access token"},
		{"code id_token", "id_token", "a.b.c", "It is no JWT"},
		{"code id_token", "id_token", "", "Something is missing"},
		{"code token", "access_token", "", "Something is missing"},
		{"code id_token", "state", "another", "The state is not the one that was sent"},
	} {
		v := w.visitor().begin("hybrid").next("request").asks("response_type", c.response)
		v.forge(c.name, c.value)
		v.ask("ada").carried().says(c.want, "Wrong:")
		v.Get(strings.TrimSuffix(v.URL().Path, "callback") + "token")
		v.at("callback")
	}
}

// What vouches for nothing is not good enough where the hashes are not optional.
func TestHybrid_IDTokenWithoutHash(t *testing.T) {
	w := newWorld(t)
	v := w.visitor().begin("hybrid").next("request")
	alone := w.visitor().begin("implicit").next("request").asks("response_type", "id_token", "nonce", v.Field("request", "p.nonce"))
	v.forge("id_token", alone.ask("ada").fragment().Get("id_token"))
	v.ask("ada").carried().says("c_hash does not fit the code, or is missing", "nonce is what was sent", "does not use the code")
}

// The ID token that comes by the code must be about the person that the one beside it was about (OIDC Core §3.3.3.6).
func TestHybrid_TheSecondIDTokenOfAnotherPerson(t *testing.T) {
	w := newWorld(t)
	v := w.visitor().begin("hybrid").next("request")
	other := w.visitor().begin("implicit").next("request").asks("response_type", "id_token", "nonce", v.Field("request", "p.nonce"))
	s := &idTokens{last: other.ask("grace").fragment().Get("id_token"), swap: true}
	v.ask("ada").carried().says("The answer is for this request")
	w.tamper = s.tamper
	v.next("token").Press("do=send", nil)
	v.at("answer")
	v.says("nonce is what was sent", "aud names this client", "another person's than before", "The ID token is not good")
}

// fragment are the parameters that the browser keeps to itself.
func (v visitor) fragment() url.Values {
	v.t.Helper()
	params, err := url.ParseQuery(v.URL().EscapedFragment())
	if err != nil {
		v.t.Fatal(err)
	}
	return params
}

func TestEveryResponseTypeInEveryMode(t *testing.T) {
	w := newWorld(t)
	v := w.visitor()
	for _, response := range []string{"code", "none", "token", "id_token", "id_token token", "code id_token", "code token", "code id_token token"} {
		for _, mode := range []string{"", "fragment", "form_post", "jwt", "fragment.jwt", "form_post.jwt"} {
			v.begin("code", "client_id", "every").next("request").asks("response_type", response, "response_mode", mode)
			v.goes("ada")
			way := "By POST"
			switch {
			case v.Has("form-post"):
				v.posted()
			case v.Has("fragment"):
				v.carried()
				way = "In the fragment"
			default:
				way = "In the query"
			}
			v.says(way)
			v.saysNot("Wrong:", "Attention:")
			if strings.Contains(response, "code") {
				v.next("token").Press("do=send", nil)
				v.at("answer")
			} else if response != "none" {
				v.next("answer")
			}
			v.saysNot("Wrong:")
			if t.Failed() {
				t.Fatalf("response_type %q by %q", response, mode)
			}
		}
	}
}

func TestImplicit(t *testing.T) {
	v := newWorld(t).visitor().begin("implicit").next("request")
	v.says("RFC 9700 section 2.1.2 says not to", "response_type=id_token+token")
	v.saysNot("code_challenge=", "PKCE: what the app keeps to itself", "Token request")
	v.ask("ada").carried().next("answer")
	v.says("The ID token is genuine", "at_hash fits the access token", "nonce is what was sent")
	v.saysNot("Wrong:")
	v.next("use").do("userinfo").says("Ada Lovelace")
}

func TestImplicit_AccessTokenAloneSaysNothingAboutWho(t *testing.T) {
	v := newWorld(t).visitor().begin("implicit").next("request").asks("response_type", "token")
	v.ask("ada").carried().next("answer").says("There is no ID token")
}

func TestImplicit_ForgedAccessToken(t *testing.T) {
	v := newWorld(t).visitor().begin("implicit").next("request")
	v.forge("access_token", "another")
	v.ask("ada").carried().next("answer").says("The ID token is not good", "at_hash does not fit")
}

func TestImplicit_IDTokenAloneHasNothingToUse(t *testing.T) {
	v := newWorld(t).visitor().begin("implicit").next("request").asks("response_type", "id_token")
	v.says("no key to anything")
	v.ask("ada").carried().next("answer").says("The ID token is genuine")
	v.saysNot("Use it")
	v.next("sign-out")
}

func TestNone(t *testing.T) {
	v := newWorld(t).visitor().begin("none").next("request")
	v.ask("ada").says("Somebody is signed in and has agreed")
	v.saysNot("Wrong:", "Token request", "Use it")
	v.next("sign-out")
}

func TestResponseType_ChangesTheChallengeWithIt(t *testing.T) {
	v := newWorld(t).visitor().begin("code").next("request").asks("response_type", "id_token")
	v.saysNot("code_challenge=")
	v.asks("response_type", "code").says("code_challenge=", "code_challenge_method=S256")
	v.asks("code_challenge", "").saysNot("code_challenge=")
	v.Press("do=fresh", nil)
	v.says("code_challenge=")
}

// A person without scripts copies the address into the field.
func TestFragment_WithoutScripts(t *testing.T) {
	v := newWorld(t).visitor().begin("hybrid").next("request").ask("ada")
	v.Submit("fragment", url.Values{"fragment": {" " + v.URL().String() + "\n"}})
	v.at("callback")
	v.says("c_hash fits the code")
}

func TestFragment_Garbage(t *testing.T) {
	v := newWorld(t).visitor().begin("hybrid").next("request").ask("ada")
	path := v.URL().Path
	for _, garbage := range []string{"", "#", "%zz", "a=b", strings.Repeat("&", 200)} {
		v.Get(path).Submit("fragment", url.Values{"fragment": {garbage}})
		v.at("callback")
		v.says("The state is not the one that was sent")
	}
}

func TestFormPost_FromAnotherSite(t *testing.T) {
	w := newWorld(t)
	v := w.visitor().begin("code").next("request").asks("response_mode", "form_post").goes("ada")
	answer := url.Values{}
	for _, name := range []string{"code", "state", "iss"} {
		answer.Set(name, v.Field("form-post", name))
	}
	v.PostFrom("https://id.example", "/playground/callback", answer)
	v.at("callback")
	v.says("The answer is for this request", "no cookie came with it")
	v.saysNot("Wrong:")
	v.Get(v.Trail[0].Header.Get("Location")) // where it waited is nothing any more
	v.says("Another answer came", "The answer is for this request")
	v.next("token").Press("do=send", nil)
	v.at("answer")
}

// An attacker begins a run and has a victim's browser bring the victim's own answer with the attacker's state: it must not end
// in the attacker's run.
func TestFormPost_OfAnotherBrowserIsNotTaken(t *testing.T) {
	w := newWorld(t)
	attacker := w.visitor().begin("code").next("request").asks("response_mode", "form_post").goes("grace")
	callback, state := "/playground/callback", attacker.Field("form-post", "state")
	victim := w.visitor().begin("code")
	victim.PostFrom("https://id.example", callback, url.Values{"code": {"the-victim's"}, "state": {state}, "iss": {issuer}})
	if victim.Status() != http.StatusNotFound {
		t.Errorf("the victim's browser is sent to %s (%d)", victim.URL(), victim.Status())
	}
	handle := victim.URL().RawQuery
	attacker.posted().saysNot("the-victim's", "Another answer came")
	if attacker.Get(callback + "?" + handle); strings.Contains(attacker.Text(), "the-victim's") {
		t.Errorf("the attacker sees the victim's answer:\n%s", attacker.Text())
	}
}

func TestFormPost_WaitsAMinuteForItsCookie(t *testing.T) {
	w := newWorld(t)
	v := w.visitor().begin("code").next("request").asks("response_mode", "form_post").goes("ada")
	answer := url.Values{"code": {v.Field("form-post", "code")}, "state": {v.Field("form-post", "state")}, "iss": {issuer}}
	direct := v.Transport
	v.Browser.Transport = transport(func(r *http.Request) (*http.Response, error) {
		if r.Method == http.MethodGet && r.URL.Path == "/playground/callback" {
			w.age.Add(int64(time.Minute)) // the redirect is slow
		}
		return direct.RoundTrip(r)
	})
	v.PostFrom("https://id.example", "/playground/callback", answer)
	v.says("The state is not the one that was sent")
}

func TestJARM(t *testing.T) {
	w := newWorld(t)
	for _, mode := range []string{"jwt", "query.jwt"} {
		v := w.visitor().begin("code").next("request").asks("response_mode", mode)
		v.says("One signed parameter holds all others")
		v.ask("ada").says("The answer is for this request", "The signed answer, opened", "The signature fits the key", "iss is the issuer", "aud names this client", "exp lies ahead")
		v.saysNot("Wrong:", "Attention:")
		if v.URL().RawQuery != "" {
			t.Errorf("the answer stays in the address: %s", v.URL())
		}
		v.next("token").Press("do=send", nil)
		v.at("answer")
		v.says("The ID token is genuine")
	}
}

func TestJARM_AnErrorIsSignedToo(t *testing.T) {
	v := newWorld(t).visitor().begin("code").next("request").asks("response_mode", "jwt", "prompt", "none")
	v.Press("do=go", nil)
	v.at("callback")
	v.says("The provider refuses", "nobody suitable is signed in", "The signature fits the key")
}

func TestJARM_ForgedAnswersGoNoFurther(t *testing.T) {
	w := newWorld(t)
	other := w.visitor().begin("code", "client_id", "other").next("request").asks("response_mode", "jwt")
	theirs := other.kept("response")
	other.ask("ada")
	for _, c := range []struct {
		forge func(string) string
		want  []string
	}{
		{func(s string) string { return s[:len(s)-8] + "AAAAAAAA" }, []string{"No key that the issuer publishes fits"}},
		{func(s string) string { return changed(s, `"code":"`, `"code":"x`) }, []string{"No key that the issuer publishes fits", "The answer is not signed as it has to be"}},
		{func(s string) string { return changed(s, `"state":"`, `"state":"x`) }, []string{"The state is not the one that was sent"}},
		{func(string) string { return *theirs }, []string{"The state is not the one that was sent", "aud does not name this client"}},
		{func(string) string { return "garbage" }, []string{"The state is not the one that was sent", "It is no JWT"}},
	} {
		v := w.visitor().begin("code").next("request").asks("response_mode", "jwt")
		v.forgeBy("response", c.forge)
		v.ask("ada").says(append(c.want, "Wrong:")...)
		v.Get(strings.TrimSuffix(v.URL().Path, "callback") + "token")
		v.at("callback")
	}
}

func TestJARM_IsOver(t *testing.T) {
	w := newWorld(t)
	v := w.visitor().begin("code").next("request").asks("response_mode", "jwt")
	direct := v.Transport
	v.Browser.Transport = transport(func(r *http.Request) (*http.Response, error) {
		if r.URL.Path == "/playground/callback" {
			w.offset.Add(int64(10 * time.Minute))
		}
		return direct.RoundTrip(r)
	})
	v.ask("ada").says("exp is over", "The answer is not signed as it has to be")
}

// Whoever could have the answer taken without its signature would not need to break that.
func TestJARM_PlainAnswerIsNotTaken(t *testing.T) {
	w := newWorld(t)
	v := w.visitor().begin("code").next("request").asks("response_mode", "jwt")
	v.plain()
	v.ask("ada").says("The answer is not signed as it has to be", "Taking a plain one would make the signature worthless")
	v.Get(strings.TrimSuffix(v.URL().Path, "callback") + "token")
	v.at("callback")
}

// changed replaces something in the payload of a JWT.
func changed(token, old, new string) string {
	parts := strings.Split(token, ".")
	payload, _ := base64.RawURLEncoding.DecodeString(parts[1])
	parts[1] = base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(string(payload), old, new, 1)))
	return strings.Join(parts, ".")
}
