package handlers_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"signet/handlers/robot"
	"signet/provider"
	"signet/provider/account"
	"signet/provider/audit"
	"signet/templates"
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

// tokens are what a code was redeemed for.
type tokens struct{ access, refresh string }

func (w *world) tokensOf(b *robot.Browser, scope string) tokens {
	w.t.Helper()
	got := w.decode(w.redeem(w.code(b, "scope", scope)))
	access, _ := got["access_token"].(string)
	refresh, _ := got["refresh_token"].(string)
	if access == "" {
		w.t.Fatalf("no tokens: %v", got)
	}
	return tokens{access, refresh}
}

// live tells whether the tokens are taken: the access token, and the refresh token if there is one.
func (w *world) live(t tokens) (access, refresh bool) {
	out := w.do(w.request(http.MethodGet, "/userinfo", "", "Authorization", "Bearer "+t.access))
	r := w.request(http.MethodPost, "/token", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {t.refresh}}.Encode())
	r.SetBasicAuth("app", w.secret)
	return out.Code == http.StatusOK, t.refresh != "" && w.do(r).Code == http.StatusOK
}

// A-K07: once a person has taken access away on their page, neither access nor refresh tokens are taken any more, and the app has to
// ask again. Those of another person live on.
func TestAttack_AK07_AppThatLostItsAccess(t *testing.T) {
	for name, scope := range map[string]string{"while signed in": "openid email", "while away": "openid offline_access"} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			b, other := w.signedIn("ada"), w.signedIn("grace")
			mine, theirs := w.tokensOf(b, scope), w.tokensOf(other, scope)
			if access, _ := w.live(mine); !access {
				t.Fatal("the token is dead from the beginning")
			}
			b.Get("/account/apps")
			if !strings.Contains(b.Text(), "The App") {
				t.Fatalf("the app is not listed: %s", b.Text())
			}
			if b.Press("drop-0", nil); !b.Has("notice") || !b.Has("no-apps") {
				t.Fatalf("not dropped: %s", b.Text())
			}
			if access, refresh := w.live(mine); access || refresh {
				t.Errorf("access token lives: %v, refresh token: %v", access, refresh)
			}
			if access, _ := w.live(theirs); !access {
				t.Error("another person's token died")
			}
			if b.Get(authorizeURL("scope", scope)); !b.Has("consent") {
				t.Errorf("the app is not asked for again: %s", b.URL())
			}
			if out := other.Get("/account/apps"); !out.Has("drop-0") {
				t.Error("another person's consent is gone")
			}
		})
	}
}

// A-K07: a consent that was not to be remembered still gives a grant that outlives sessions; it is listed and can be taken back.
func TestAttack_AK07_UnrememberedOfflineAccess(t *testing.T) {
	w := newWorld(t)
	b := w.signedIn("ada").Get(authorizeURL("scope", "openid offline_access"))
	b.Press("allow", url.Values{"remember": {""}})
	got := w.decode(w.redeem(b.URL().Query().Get("code")))
	refresh, _ := got["refresh_token"].(string)
	mine := tokens{got["access_token"].(string), refresh}
	if b.Get("/account/apps"); !b.Has("drop-0") {
		t.Fatalf("not listed: %s", b.Text())
	}
	b.Press("drop-0", nil)
	if access, refresh := w.live(mine); access || refresh || b.Has("drop-0") {
		t.Errorf("access token lives: %v, refresh token: %v, listed: %v", access, refresh, b.Has("drop-0"))
	}
}

// A person ends another of their sessions: it is dead at the next request, with its tokens; the one that ended it is not.
func TestAccount_EndSession(t *testing.T) {
	w := newWorld(t)
	b := w.signedIn("ada")
	others := []*robot.Browser{w.signedIn("ada"), w.signedIn("ada")}
	mine := w.tokensOf(others[0], "openid email")
	if b.Get("/account/sessions"); !b.Has("end-1") || b.Has("end-2") {
		t.Fatalf("want two others: %s", b.Text())
	}
	if b.Press("end-0", nil); !b.Has("notice") || b.Has("end-1") || !b.Has("end-0") {
		t.Fatalf("one was to end: %s", b.Text())
	}
	if b.Press("end-others", nil); !b.Has("no-others") {
		t.Fatalf("all were to end: %s", b.Text())
	}
	for _, other := range others {
		if w.signedInAs(other) != "" {
			t.Error("an ended session lives")
		}
	}
	if access, _ := w.live(mine); access {
		t.Error("the ended session's token lives")
	}
	if w.signedInAs(b) != "ada" {
		t.Error("the session that ended the others is gone")
	}
}

// A-J02: nobody ends, or sees, the session of somebody else.
func TestAttack_AJ02_SessionsOfOthers(t *testing.T) {
	w := newWorld(t)
	ada, grace := w.signedIn("ada"), w.signedIn("grace")
	w.signedIn("grace")
	victim := grace.Get("/account/sessions").Attribute("end-0", "value")
	if victim == "" || strings.Contains(ada.Get("/account/sessions").Body(), victim) {
		t.Fatalf("sid %q", victim)
	}
	w.signedIn("ada")
	ada.Get("/account/sessions").Submit("sessions", url.Values{"session": {victim}})
	if grace.Get("/account/sessions"); !grace.Has("end-0") {
		t.Error("the session of somebody else has ended")
	}
}

// A-J09, A-J10: every form of the account wants its token, of this session and of this page; a GET changes nothing.
func TestAttack_AJ09_AccountForms(t *testing.T) {
	w := newWorld(t)
	b, other := w.signedIn("ada"), w.signedIn("ada")
	var forms []string
	for _, r := range w.Routes() {
		if strings.HasPrefix(r.Path, "/account") && r.Methods[0] == http.MethodPost {
			forms = append(forms, r.Path)
		}
	}
	foreign := other.Get("/account/password").Field("password-form", "form_token")
	for _, path := range forms {
		for name, token := range map[string]string{"none": "", "of another session": foreign, "made up": "AAAA"} {
			b.Post(path, url.Values{"form_token": {token}, "others": {"1"}, "app": {"app"}})
			if b.Status() != http.StatusForbidden {
				t.Errorf("%s with a token %s: %d", path, name, b.Status())
			}
		}
	}
	before := w.engine.writes.Load()
	for _, path := range w.ofAccount() {
		b.Get(path + "?others=1&app=app&session=x&password=" + url.QueryEscape(newPassword))
	}
	if got := w.engine.writes.Load(); got != before || len(forms) < 3 {
		t.Errorf("reading wrote %d batches; %d forms", got-before, len(forms))
	}
}

// A-N01, A-N02: what people and clients call themselves is text on these pages, and only https leads away.
func TestAttack_AN01_AccountPages(t *testing.T) {
	w := newWorld(t)
	hostile := `"><script>alert(1)</script>`
	_, err := w.accounts.EditPerson(t.Context(), "ada", func(p *account.Person) error {
		p.Name = hostile
		return nil
	})
	w.check(err)
	_, err = w.provider.AddClient(t.Context(), &provider.Client{ID: "evil", Name: hostile, ClientURI: "https://evil.example/" + url.PathEscape(hostile),
		RedirectURIs: []string{callback}, Scopes: []string{"openid"}})
	w.check(err)
	b := w.browser()
	b.Header["User-Agent"] = []string{hostile}
	signIn(b.Get("/login"), "ada")
	w.signedIn("ada")
	w.code(b, "client_id", "evil", "scope", "openid")
	for _, path := range append(w.ofAccount(), "/") {
		b.Get(path)
		if strings.Contains(b.Body(), "<script>alert") {
			t.Errorf("%s: the script is in the page", path)
		}
		for _, to := range b.All("a", "href") {
			if !strings.HasPrefix(to, "/") && !strings.HasPrefix(to, "https://") {
				t.Errorf("%s leads to %s", path, to)
			}
		}
	}
}

// The start page offers the apps that the person may use and that an operator vouches for, and those that they have used.
func TestHome_Tiles(t *testing.T) {
	w := newWorld(t)
	for _, c := range []*provider.Client{
		{ID: "starts", Name: "B starts", InitiateLoginURI: "https://starts.example.test/in?a=1"},
		{ID: "closed", Name: "Closed", ClientURI: "https://closed.example.test/", Groups: []string{"nobody"}},
		{ID: "nowhere", Name: "Nowhere"},
		{ID: "stranger", Name: "Stranger", ClientURI: "https://stranger.example.test/", Registered: true},
		{ID: "off", Name: "Off", ClientURI: "https://off.example.test/", Disabled: true},
	} {
		c.RedirectURIs, c.Scopes = []string{callback}, []string{"openid"}
		_, err := w.provider.AddClient(t.Context(), c)
		w.check(err)
	}
	b := w.signedIn("ada")
	shown := func() string {
		var away []string
		for _, to := range b.Get("/").All("a", "href") {
			if strings.HasPrefix(to, "https://") {
				away = append(away, to)
			}
		}
		return strings.Join(away, " ")
	}
	want := "https://starts.example.test/in?a=1&iss=https%3A%2F%2Fid.example.test https://app.example.test/"
	if got := shown(); got != want {
		t.Errorf("tiles: %s, want %s", got, want)
	}
	w.code(b, "client_id", "stranger", "scope", "openid")
	if got := shown(); !strings.Contains(got, "https://stranger.example.test/") {
		t.Errorf("a used client has no tile: %s", got)
	}
}

// People say of themselves what the claims are for; what they may not say of themselves is not taken from the form.
func TestAccount_Profile(t *testing.T) {
	w := newWorld(t)
	b := w.signedIn("ada").Get("/account/profile")
	before, err := w.accounts.FindPerson(t.Context(), "ada")
	w.check(err)
	b.Submit("profile", url.Values{"nickname": {" Countess "}, "website": {"https://ada.example.test/"}, "birthdate": {"1815-12-10"},
		"street_address": {"12 St James's Square\r\nLondon"}, "phone_number": {"+44 20 7946 0123"},
		"username": {"root"}, "email": {"root@example.test"}, "email_verified": {"true"}, "groups": {"admins"}, "disabled": {"1"}, "sub": {"x"}})
	if !b.Has("notice") || b.Field("profile", "nickname") != "Countess" {
		t.Fatalf("not saved: %s", b.Text())
	}
	after, err := w.accounts.Person(t.Context(), before.Subject)
	w.check(err)
	if after.Nickname != "Countess" || after.Address == nil || after.Address.StreetAddress != "12 St James's Square\nLondon" || after.Name != "Ada Lovelace" {
		t.Errorf("saved: %+v %+v", after, after.Address)
	}
	if after.Username != "ada" || after.Email != before.Email || after.EmailVerified || len(after.Groups) > 0 || after.Disabled || after.PhoneVerified {
		t.Errorf("more than the profile was taken: %+v", after)
	}
	for field, value := range map[string]string{"website": "javascript:alert(1)", "picture": "data:text/html,x", "birthdate": "tomorrow", "locale": "???", "zoneinfo": "../etc",
		"phone_number": "call me", "name": strings.Repeat("x", 300), "nickname": "a\u202eb"} {
		b.Get("/account/profile").Submit("profile", url.Values{field: {value}, "gender": {"kept"}})
		if b.Status() != http.StatusBadRequest || b.Attribute(field, "aria-invalid") != "true" || b.Field("profile", "gender") != "kept" {
			t.Errorf("%s %q: %d %s", field, value, b.Status(), b.Text())
		}
	}
	if again, err := w.accounts.Person(t.Context(), before.Subject); err != nil || again.Gender != "" {
		t.Errorf("something of a refused form was saved: %v %+v", err, again)
	}
}

// The copy of a person's data has all that is kept of them, nothing of anybody else, and no secret.
func TestAccount_Data(t *testing.T) {
	w := newWorld(t)
	grace := w.signedIn("grace")
	w.tokensOf(grace, "openid")
	other, err := w.accounts.FindPerson(t.Context(), "grace")
	w.check(err)
	b := w.signedIn("ada")
	mine := w.tokensOf(b, "openid offline_access")
	person, err := w.accounts.FindPerson(t.Context(), "ada")
	w.check(err)
	b.Get("/account/data").Submit("export", nil)
	if b.Status() != http.StatusOK || !strings.HasPrefix(b.Last().Header.Get("Content-Disposition"), "attachment") || b.Last().Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("%d %v", b.Status(), b.Last().Header)
	}
	var data struct {
		Account  struct{ Sub, Email string }
		Sessions []struct{ SID string }
		Apps     []struct {
			Away bool `json:"while_away"`
		}
		Consents []struct{ Sub string }
	}
	w.check(json.Unmarshal([]byte(b.Body()), &data))
	if data.Account.Sub != person.Subject || len(data.Sessions) != 1 || len(data.Apps) != 1 || !data.Apps[0].Away || len(data.Consents) != 1 {
		t.Errorf("the copy: %+v", data)
	}
	for what, secret := range map[string]string{"password": person.Password.Reveal(), "cookie": b.Cookie("__Host-signet"), "access token": mine.access,
		"refresh token": mine.refresh, "somebody else": other.Subject} {
		if secret == "" || strings.Contains(b.Body(), secret) {
			t.Errorf("the copy has the %s", what)
		}
	}
	w.pass(11 * time.Minute)
	if b.Get("/account/data"); b.URL().Path != "/login" {
		t.Errorf("after an old sign-in: at %s", b.URL())
	}
}

// Every kind that people see of their trail has words.
func TestAccount_ActivityHasWords(t *testing.T) {
	set, err := templates.New(templates.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range audit.Kinds() {
		key := "audit." + strings.ReplaceAll(kind.Name, ".", "-")
		if said := set.Languages()[0].Has(key); said != kind.Own {
			t.Errorf("message %q exists: %v; people see it: %v", key, said, kind.Own)
		}
	}
}

// A person sees what happened to their account, and nothing of anybody else's.
func TestAccount_Activity(t *testing.T) {
	w := newWorld(t)
	signInWith(w.browser().Get("/login"), "grace", "wrong")
	b := w.signedIn("ada")
	w.code(b)
	b.Get("/account/activity")
	for _, want := range []string{"Signed in", "Access allowed", "The App"} {
		if !strings.Contains(b.TextOf("events"), want) {
			t.Errorf("%q is not there: %s", want, b.TextOf("events"))
		}
	}
	if strings.Contains(b.TextOf("events"), "refused") {
		t.Error("what happened to somebody else is there")
	}
	for _, cursor := range []string{"zz", "00", strings.Repeat("f", 32) + "0"} {
		if b.Get("/account/activity?before=" + cursor); b.Status() != http.StatusBadRequest {
			t.Errorf("cursor %q: %d", cursor, b.Status())
		}
	}
	if b.Get("/account/activity?before=" + strings.Repeat("f", 32)); b.Status() != http.StatusOK {
		t.Errorf("a cursor of the future: %d", b.Status())
	}
}
