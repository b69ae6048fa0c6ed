package playground_test

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"signet/handlers/playground"
	"signet/provider"
	"signet/templates"
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

// do presses a button of the last step.
func (v visitor) do(use string) visitor {
	v.t.Helper()
	v.Press("do="+use, nil)
	v.at("use")
	return v
}

func TestCode_FromDiscoveryToVerifiedClaims(t *testing.T) {
	v := newWorld(t).visitor().begin("code")
	v.says("Nothing here that a client library would trip over", "Good: "+issuer, "GET /.well-known/openid-configuration HTTP/1.1")
	v.next("request").says("scope=openid+profile+email", "PKCE: what the app keeps to itself")
	v.ask("ada").says("The answer is for this request", "Equals what was sent", "Equals the issuer", "of 60 seconds left")
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
	for method, sent := range map[string]string{
		"client_secret_basic": "Authorization: Basic", "client_secret_post": "client_secret=any-secret-will-do", "none": "client_id=playground",
	} {
		v := w.signedIn("code", "method", method)
		v.says("The ID token is genuine", sent)
		if method != "client_secret_basic" {
			v.saysNot("Authorization: Basic")
		}
	}
}

func TestCode_ByForm(t *testing.T) {
	v := newWorld(t).visitor().begin("code").next("request")
	v.Press("do=show", url.Values{"p.response_mode": {"form_post"}})
	v.says("response_mode=form_post")
	v.Press("do=go", nil).Submit("login", url.Values{"identifier": {"ada"}, "password": {password}})
	v.Press("allow", nil)
	if !v.Has("form-post") {
		t.Fatalf("no form at %s:\n%s", v.URL(), v.Text())
	}
	v.Submit("form-post", nil)
	v.at("callback")
	v.says("The answer is for this request")
}

func TestCode_BelowAPath(t *testing.T) {
	w := newWorldAt(t, issuer+"/tenant")
	v := w.visitor()
	v.Get("/tenant/playground").Submit("pick", nil)
	v.at("discovery")
	v.next("request").ask("ada").next("token").Press("do=send", nil)
	v.at("answer")
	v.says("The ID token is genuine", "iss is the issuer")
	v.next("use").do("userinfo").says("Ada Lovelace")
}

func TestUserInfo(t *testing.T) {
	v := newWorld(t).signedIn("code").next("use").do("userinfo")
	v.says("This is the person", "Ada Lovelace", "Authorization: Bearer", "Good:")
}

func TestUserInfo_OfAnotherPersonIsNotBelieved(t *testing.T) {
	w := newWorld(t)
	v := w.signedIn("code").next("use")
	w.tamper = replace("/userinfo", `"sub":"`, `"sub":"x`)
	v.do("userinfo").says("must not use this answer", "Wrong:")
}

func TestUserInfo_Signed(t *testing.T) {
	w := newWorld(t)
	v := w.visitor().begin("code", "client", "registers").next("register")
	v.Press("do=register", url.Values{"metadata": {v.document(map[string]any{"userinfo_signed_response_alg": "RS256"})}})
	v.next("request").ask("ada").next("token").Press("do=send", nil)
	v.next("use").do("userinfo").says("This is the person", "UserInfo, signed", "The signature fits the key", "aud names this client", "Ada Lovelace")
	v.saysNot("Wrong:")
	token := string(v.TextOf("signed-raw"))
	for _, forged := range []string{changed(token, `"name":"`, `"name":"x`), `{"sub":"ada"}`} {
		w.tamper = func(r *http.Request, resp *http.Response) {
			if r.URL.Path == "/userinfo" {
				setBody(resp, []byte(forged))
			}
		}
		v.do("userinfo").says("The answer is not signed as the client's record has it", "Wrong:")
	}
}

// Every error that the provider can answer with is explained here.
func TestErrors_OfTheProviderAreKnown(t *testing.T) {
	set, err := templates.New(templates.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range provider.Catalogue() {
		if e.OAuth != "not_found" && !set.Languages()[0].Has("playground.error."+e.OAuth) {
			t.Errorf("%s: %s is not explained", e.Code, e.OAuth)
		}
	}
}

func TestRevocation_IsSeenAtOnce(t *testing.T) {
	w := newWorld(t)
	v := w.signedIn("code").next("use")
	v.do("introspect-access").says("The access token is good", "ada")
	v.do("revoke-access").says("the token has ended")
	v.do("introspect-access").says("The token is not good")
	v.do("userinfo").says("HTTP/1.1 401 Unauthorized", `"error": "invalid_token"`, "Www-Authenticate: Bearer", "the access token has ended, was revoked")
	if link := w.issuer + v.link("/docs/errors/"); v.Get(link).Status() != http.StatusOK || !strings.HasSuffix(link, "/E-TOKEN-01") {
		t.Errorf("the link %s leads to %d", link, v.Status())
	}
}

func TestRefresh(t *testing.T) {
	w := newWorld(t)
	v := w.signedIn("refresh").next("use")
	v.do("introspect-refresh").says("The refresh token is good")
	v.do("refresh").says("New tokens", "grant_type=refresh_token")
	v.Get(strings.TrimSuffix(v.URL().Path, "use") + "answer")
	v.says("The ID token is genuine", "the same as before")
	v.saysNot("Wrong:")
	v.next("use").do("userinfo").says("Ada Lovelace")

	w.offset.Add(int64(time.Minute)) // the grace is over
	v.do("refresh-old").says("invalid_grant")
	v.do("userinfo").says("invalid_token")
}

func TestRefresh_OldTokenWithinTheGrace(t *testing.T) {
	v := newWorld(t).signedIn("refresh").next("use").do("refresh")
	v.do("refresh-old").says("taken once more")
	v.do("userinfo").says("Ada Lovelace")
}

func TestRefresh_NeedsItsScope(t *testing.T) {
	v := newWorld(t).signedIn("code").next("use")
	v.says("There is no refresh token")
	if strings.Contains(v.Body(), `value="refresh"`) {
		t.Error("there is a button for what cannot be done")
	}
}

func TestClientCredentials(t *testing.T) {
	v := newWorld(t).visitor().begin("client-credentials").next("token")
	v.says("grant_type=client_credentials", "No browser, no person")
	v.Press("do=send", url.Values{"scope": {"email"}})
	v.at("answer")
	v.says("There is no person", "scope email")
	v.saysNot("ID token: who")
	v.next("use").do("introspect-access").says("The access token is good")
	v.do("revoke-access").do("introspect-access").says("The token is not good")
}

func TestClientCredentials_Refused(t *testing.T) {
	v := newWorld(t).visitor().begin("client-credentials", "scope", "openid").next("token")
	v.Press("do=send", nil)
	v.at("token")
	v.says("The provider gives no tokens", "invalid_scope", "HTTP/1.1 400 Bad Request")
}

func TestToken_Replay(t *testing.T) {
	v := newWorld(t).signedIn("code")
	v.next("use").do("userinfo").says("Ada Lovelace")
	v.Get(strings.TrimSuffix(v.URL().Path, "use")+"token").Press("do=again", nil)
	v.at("token")
	v.says("Replay detected", "invalid_grant", `"error": "invalid_grant"`, "What E-GRANT-01 means here")
	v.Get(strings.TrimSuffix(v.URL().Path, "token") + "use")
	v.do("userinfo").says("invalid_token")
}

func TestToken_WrongVerifierCostsTheCode(t *testing.T) {
	v := newWorld(t).visitor().begin("code").next("request").ask("ada").next("token")
	v.Press("do=verifier", nil)
	v.at("token")
	v.says("Refused, and the code is spent", "code_verifier=wrong.", "What E-PKCE-02 means here")
	v.Press("do=send", nil)
	v.at("token")
	v.says("The provider gives no tokens", "What E-GRANT-01 means here")

	v.Press("do=fresh", nil)
	v.at("request")
	v.ask("ada").next("token").Press("do=send", nil)
	v.at("answer")
}

func TestToken_WrongClientCostsNothing(t *testing.T) {
	v := newWorld(t).visitor().begin("code").next("request").ask("ada").next("token")
	v.Press("do=client", nil)
	v.at("token")
	v.says("Refused: the code was given to this client", "invalid_grant")
	v.Press("do=send", nil)
	v.at("answer")
}

func TestRequest_CanBeChanged(t *testing.T) {
	v := newWorld(t).visitor().begin("code").next("request")
	v.Press("do=show", url.Values{"p.scope": {"openid"}, "p.nonce": {""}, "more": {"ui_hint=a\nscope=email\n\nnonsense\n"}})
	v.says("scope=openid", "ui_hint=a")
	v.saysNot("nonce=")
	if got := v.Field("request", "more"); !strings.Contains(got, "ui_hint=a") || !strings.Contains(got, "scope=email") {
		t.Errorf("more parameters: %q", got)
	}
	v.Press("do=show", url.Values{"p.code_challenge": {"other"}})
	v.says("Wrong:")
	before := v.Field("request", "p.state")
	v.Press("do=fresh", nil)
	if after := v.Field("request", "p.state"); after == before || after == "" {
		t.Errorf("state %q after %q", after, before)
	}
	v.saysNot("Wrong:")
	v.Press("do=show", url.Values{"p.redirect_uri": {"http://127.0.0.1:1/"}})
	v.says("The redirect URI is not the playground's")
}

func TestCallback_ExplainsAnError(t *testing.T) {
	v := newWorld(t).visitor().begin("code").next("request")
	v.Press("do=show", url.Values{"p.prompt": {"none"}}).Press("do=go", nil)
	v.at("callback")
	v.says("The provider refuses", "nobody suitable is signed in")
	v.Get(strings.TrimSuffix(v.URL().Path, "callback") + "token")
	v.at("callback")
}

func TestAnswer_TokensAge(t *testing.T) {
	w := newWorld(t)
	v := w.signedIn("code")
	w.offset.Add(int64(10 * time.Minute))
	v.Get(v.URL().Path)
	// The world's clock runs on: a second or more may pass on the way.
	for _, want := range []string{`\b(300|29\d) of 900 seconds left`, `\b(3,000|2,99\d) of 3,600 seconds left`} {
		if !regexp.MustCompile(want).MatchString(v.Text()) {
			t.Errorf("no %s in %s", want, v.Text())
		}
	}
}

func TestRevocation_OfTheRefreshTokenEndsAll(t *testing.T) {
	v := newWorld(t).signedIn("refresh").next("use")
	v.do("revoke-refresh").says("The sign-in has ended")
	v.do("userinfo").says("invalid_token")
	v.do("refresh").says("invalid_grant")
}

func TestNew_Refuses(t *testing.T) {
	good := playground.Config{Issuer: issuer, Client: &http.Client{}, Rand: rand.Reader, Clock: time.Now}
	if _, err := playground.New(good); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*playground.Config){
		"no client": func(c *playground.Config) { c.Client = nil }, "no randomness": func(c *playground.Config) { c.Rand = nil },
		"no clock": func(c *playground.Config) { c.Clock = nil }, "no issuer": func(c *playground.Config) { c.Issuer = "" },
		"no address": func(c *playground.Config) { c.Issuer = "urn:issuer" }, "broken": func(c *playground.Config) { c.Issuer = "http://[" },
	} {
		c := good
		change(&c)
		if _, err := playground.New(c); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestToken_NoAnswer(t *testing.T) {
	w := newWorld(t)
	v := w.visitor().begin("client-credentials").next("token")
	w.broken = true
	v.Press("do=send", nil)
	v.at("token")
	v.says("The provider gives no tokens", "the way is broken")
	w.visitor().begin("code").says("the way is broken", "Wrong:")
}
