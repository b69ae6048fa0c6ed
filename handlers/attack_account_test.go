package handlers_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"signet/handlers/robot"
)

const newPassword = "another horse, another battery"

// ofAccount are the pages of a person's own account.
func (w *world) ofAccount() []string {
	var paths []string
	for _, r := range w.Routes() {
		if strings.HasPrefix(r.Path, "/account") && r.Methods[0] == http.MethodGet && !strings.Contains(r.Path, "{") {
			paths = append(paths, r.Path)
		}
	}
	return paths
}

// Nobody sees a page of the account without signing in; who does comes back to it, and nowhere else.
func TestAccount_SignInLeadsBack(t *testing.T) {
	w := newWorld(t)
	if len(w.ofAccount()) < 3 {
		t.Fatalf("only %v", w.ofAccount())
	}
	for _, path := range w.ofAccount() {
		b := w.browser().Get(path)
		if b.URL().Path != "/login" || b.Status() != http.StatusOK {
			t.Errorf("%s: a stranger is at %s: %d", path, b.URL(), b.Status())
			continue
		}
		if signIn(b, "ada"); b.URL().Path != path || b.Status() != http.StatusOK || !b.Has("self-menu") {
			t.Errorf("%s: at %s: %d", path, b.URL(), b.Status())
		}
	}
}

// changePassword fills the form.
func changePassword(b *robot.Browser, password string) *robot.Browser {
	return b.Submit("password-form", url.Values{"password": {password}, "again": {password}})
}

// A-H10: who finds a browser in which somebody signed in a while ago cannot change the password, be it by the page or by its form.
func TestAttack_AH10_PasswordNeedsARecentSignIn(t *testing.T) {
	w := newWorld(t)
	b := w.signedIn("ada").Get("/account/password")
	w.pass(11 * time.Minute)
	changePassword(b, newPassword)
	if b.URL().Path != "/login" || !b.HasAttribute("identifier", "readonly") {
		t.Fatalf("an old sign-in: at %s %s", b.URL(), b.Text())
	}
	if b.Get("/account/password"); b.URL().Path != "/login" {
		t.Fatalf("the page after an old sign-in: at %s", b.URL())
	}
	b.Submit("login", url.Values{"password": {"wrong"}})
	if b.Get("/account/password"); b.URL().Path != "/login" {
		t.Fatalf("after a wrong password: at %s", b.URL())
	}
	if _, err := w.accounts.Authenticate(t.Context(), "ada", password); err != nil {
		t.Fatalf("the password is another: %v", err)
	}
	if signIn(b, "ada"); b.URL().Path != "/account/password" {
		t.Fatalf("after the right one: at %s", b.URL())
	}
	if changePassword(b, newPassword); !b.Has("notice") {
		t.Fatalf("not changed: %s", b.Text())
	}
	if _, err := w.accounts.Authenticate(t.Context(), "ada", newPassword); err != nil {
		t.Fatal(err)
	}
}

// A-H10: a new password ends the other sessions and all tokens, and leaves the browser in which it was set signed in, under
// another cookie (A-J01).
func TestAttack_AH10_NewPasswordEndsTheRest(t *testing.T) {
	w := newWorld(t)
	other := w.signedIn("ada")
	tokens := w.decode(w.redeem(w.code(other, "scope", "openid offline_access")))
	b := w.signedIn("ada").Get("/account/password")
	before := b.Cookie("__Host-signet")
	if changePassword(b, newPassword); !b.Has("notice") || b.Cookie("__Host-signet") == before {
		t.Fatalf("the browser itself: %s", b.Text())
	}
	if w.signedInAs(b) != "ada" || w.signedInAs(other) != "" {
		t.Error("this browser is signed out, or the other is not")
	}
	out := w.do(w.request(http.MethodGet, "/userinfo", "", "Authorization", "Bearer "+tokens["access_token"].(string)))
	if out.Code != http.StatusUnauthorized {
		t.Errorf("the access token lives: %d", out.Code)
	}
	refresh := w.request(http.MethodPost, "/token", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {tokens["refresh_token"].(string)}}.Encode())
	refresh.SetBasicAuth("app", w.secret)
	if out := w.do(refresh); out.Code != http.StatusBadRequest {
		t.Errorf("the refresh token lives: %d", out.Code)
	}
}

// A weak password, or one that is not typed twice alike, is refused on the page, and nothing is changed.
func TestAccount_PasswordRefused(t *testing.T) {
	w := newWorld(t)
	b := w.signedIn("ada").Get("/account/password")
	for _, form := range []url.Values{
		{"password": {"short"}, "again": {"short"}}, {"password": {"password"}, "again": {"password"}},
		{"password": {"ada@example.test"}, "again": {"ada@example.test"}}, {"password": {newPassword}, "again": {newPassword + "x"}}, {},
	} {
		if b.Submit("password-form", form); b.Status() != http.StatusBadRequest || !b.Has("problem") {
			t.Errorf("%v: %d %s", form, b.Status(), b.Text())
		}
	}
	if _, err := w.accounts.Authenticate(t.Context(), "ada", password); err != nil {
		t.Errorf("the password is another: %v", err)
	}
}

// A link of somebody else's does not make a page say that something was done, nor does it lead anywhere.
func TestAccount_NoticesAndErrandsAreOurs(t *testing.T) {
	w := newWorld(t)
	b := changePassword(w.signedIn("ada").Get("/account/password"), newPassword)
	if !b.Has("notice") || b.Last().Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("no notice: %s", b.Text())
	}
	address := b.URL().RequestURI()
	for _, to := range []string{"/account/security?done=password", "/account/security?done=password.AAAA", "/account/security?done=" + "nothing." + strings.TrimPrefix(address, "/account/security?done=password.")} {
		if b.Get(to); b.Has("notice") {
			t.Errorf("%s: %s", to, b.TextOf("notice"))
		}
	}
	other := signInWith(w.browser().Get("/login"), "ada", newPassword)
	if other.Get(address); other.Has("notice") {
		t.Error("a notice made for another browser is shown")
	}
	for _, to := range []string{"/login?errand=/account", "/authorize?errand=https://evil.example/", "/login?request=/account"} {
		if b := w.browser().Get(to); b.Has("login") && b.URL().Path != "/login" || b.Left() {
			t.Errorf("%s leads to %s", to, b.URL())
		}
	}
}

func signInWith(b *robot.Browser, name, password string) *robot.Browser {
	return b.Submit("login", url.Values{"identifier": {name}, "password": {password}})
}
