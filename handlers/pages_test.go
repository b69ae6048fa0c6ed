package handlers_test

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/gorilla/mux"

	"signet/handlers"
	"signet/provider"
	"signet/provider/account"
	"signet/templates"
)

// varying is what differs between two pages that are the same.
var varying = regexp.MustCompile(`name="(form_token|request|return)" value="[^"]*"|id="reference"><bdi>[^<]*`)

// Whoever tries a name learns nothing from the answer: not that it exists, is disabled, or has no password.
func TestLogin_SameAnswerForEverybody(t *testing.T) {
	w := newWorld(t)
	w.check(w.accounts.SetDisabled(t.Context(), "grace", true))
	_, err := w.accounts.AddPerson(t.Context(), account.Person{Username: "nopwd"}, "")
	w.check(err)
	bodies := map[string]string{}
	for _, name := range []string{"ada", "grace", "nopwd", "nobody", "ada@example.test", "nobody@example.test"} {
		b := w.browser().Get("/login").Submit("login", url.Values{"identifier": {name}, "password": {"wrong"}})
		if b.Status() != http.StatusBadRequest || !b.Has("problem") || w.signedInAs(b) != "" {
			t.Errorf("%s: %d", name, b.Status())
		}
		b.Get("/login").Submit("login", url.Values{"identifier": {name}, "password": {"wrong"}})
		bodies[varying.ReplaceAllString(strings.ReplaceAll(b.Body(), `value="`+name+`"`, "NAME"), "")] = name
	}
	if len(bodies) != 1 {
		t.Errorf("%d different answers", len(bodies))
	}
	b := signIn(w.browser().Get("/login"), "grace")
	bodies[varying.ReplaceAllString(strings.ReplaceAll(b.Body(), `value="grace"`, "NAME"), "")] = "disabled"
	if len(bodies) != 1 {
		t.Error("the right password of a disabled person is told apart")
	}
}

func TestLogin_ThrottledAndFreeAgain(t *testing.T) {
	w := newWorld(t)
	b := w.browser().Get(authorizeURL())
	for i := 0; b.Status() != http.StatusTooManyRequests; i++ {
		if i > 20 {
			t.Fatal("never throttled")
		}
		b.Submit("login", url.Values{"identifier": {"ada"}, "password": {"wrong"}})
	}
	if b.Last().Header.Get("Retry-After") == "" || !b.Has("problem") {
		t.Errorf("throttled: %v %s", b.Last().Header, b.Text())
	}
	if signIn(b, "ada"); b.Status() != http.StatusTooManyRequests {
		t.Errorf("the right password while throttled: %d", b.Status())
	}
	w.pass(time.Minute)
	if signIn(b, "ada"); b.URL().Path != "/consent" {
		t.Errorf("after a minute: %s %s", b.URL(), b.Text())
	}
	if got := w.metric("signet_password_hashes_total"); got == "" || got == "0" {
		t.Errorf("hashes: %q", got)
	}
	for outcome, want := range map[string]string{"ok": "1", "failed": "10", "throttled": "2"} {
		if got := w.metric(`signet_sign_ins_total{outcome="` + outcome + `"}`); got != want {
			t.Errorf("%s: %s, want %s", outcome, got, want)
		}
	}
}

func TestLogin_StorageUnavailable(t *testing.T) {
	w := newWorld(t)
	b := w.browser().Get("/login")
	w.engine.broken.Store(true)
	signIn(b, "ada")
	if b.Status() != http.StatusServiceUnavailable || b.Last().Header.Get("Retry-After") == "" || b.TextOf("error-code") != "E-SERVER-02" {
		t.Errorf("%d %s", b.Status(), b.Text())
	}
	w.engine.broken.Store(false)
	if signIn(b.Get("/login"), "ada"); !b.Has("sign-out") {
		t.Errorf("afterwards: %s", b.Text())
	}
}

func TestLogin_WhoIsSignedInGoesHome(t *testing.T) {
	w := newWorld(t)
	if b := w.signedIn("ada").Get("/login"); b.URL().Path != "/" {
		t.Errorf("at %s", b.URL())
	}
}

// A password whose hash is of old parameters is hashed anew at the next sign-in.
func TestLogin_Rehash(t *testing.T) {
	w := newWorld(t)
	before, err := w.accounts.FindPerson(t.Context(), "ada")
	w.check(err)
	w.restart(account.PasswordConfig{Memory: 128, Time: 1})
	w.signedIn("ada")
	after, err := w.accounts.FindPerson(t.Context(), "ada")
	w.check(err)
	if before.Password == after.Password || after.Epoch != before.Epoch {
		t.Errorf("hash changed: %v, epoch %d, before %d", before.Password != after.Password, after.Epoch, before.Epoch)
	}
	w.signedIn("ada")
}

func devWorld(t *testing.T) *world {
	w := newWorldAt(t, "http://localhost:8080", func(c *handlers.Config) {
		accounts := c.Accounts
		c.Dev = &handlers.Dev{
			People: func(context.Context) ([]templates.Account, error) {
				return []templates.Account{{Value: "ada", Identifier: "ada"}, {Value: "gone", Identifier: "gone"}}, nil
			},
			SignIn: func(ctx context.Context, value string) (*account.Person, error) {
				return accounts.FindPerson(ctx, value)
			},
		}
	})
	return w
}

func TestDev_PickAPerson(t *testing.T) {
	w := devWorld(t)
	b := w.browser().Get(authorizeURL()).Press("person=gone", nil)
	if b.Status() != http.StatusBadRequest || !b.Has("problem") {
		t.Errorf("a person who is gone: %d", b.Status())
	}
	if b.Press("person=ada", nil); b.URL().Path != "/consent" {
		t.Errorf("not signed in: %s %s", b.URL(), b.Text())
	}
	strict := newWorld(t).browser().Get("/login")
	if strict.Has("people") {
		t.Error("people can be picked in production")
	}
	if strict.Submit("login", url.Values{"person": {"ada"}}); strict.Status() != http.StatusBadRequest {
		t.Errorf("picked in production: %d", strict.Status())
	}
}

func TestError_DiagnosisForDevelopersOnly(t *testing.T) {
	bad := authorizeURL("redirect_uri", "https://app.example.test/other")
	b := devWorld(t).browser().Get(bad)
	if b.TextOf("got") != "https://app.example.test/other" || !strings.Contains(b.TextOf("allowed"), callback) || b.TextOf("fix") == "" {
		t.Errorf("development: %s", b.Text())
	}
	b = newWorld(t).browser().Get(bad)
	if b.Status() != http.StatusBadRequest || b.Has("diagnosis") || strings.Contains(b.Text(), "other") || b.TextOf("error-code") != "E-REDIR-01" {
		t.Errorf("production: %d %s", b.Status(), b.Text())
	}
	if !strings.Contains(b.Body(), `href="https://app.example.test/"`) || !strings.Contains(b.Text(), "The App") {
		t.Errorf("no way back to the application: %s", b.Text())
	}
	if ref := b.TextOf("reference"); ref == "" || ref != b.Last().Header.Get("X-Request-Id") {
		t.Errorf("reference %q", ref)
	}
}

func TestErrorDocs_ExplainEveryCode(t *testing.T) {
	w := newWorld(t)
	for _, e := range provider.Catalogue() {
		b := w.browser().Get("/docs/errors/" + e.Code)
		if b.Status() != http.StatusOK || !strings.Contains(b.Text(), e.Description) || !strings.Contains(b.Text(), strings.Join(strings.Fields(e.Remedy), " ")) {
			t.Errorf("%s: %d %s", e.Code, b.Status(), b.Text())
		}
	}
	if b := w.browser().Get("/docs/errors/E-NO-99"); b.Status() != http.StatusNotFound {
		t.Errorf("unknown code: %d", b.Status())
	}
}

func TestStatic_AssetsOfPages(t *testing.T) {
	w := newWorld(t)
	paths := regexp.MustCompile(`/static/[0-9a-f]+/[a-z.]+`).FindAllString(w.browser().Get("/login").Body(), -1)
	if len(paths) < 2 {
		t.Fatalf("assets: %v", paths)
	}
	for _, path := range paths {
		out := w.do(w.request(http.MethodGet, path, ""))
		if out.Code != http.StatusOK || !strings.Contains(out.Header().Get("Cache-Control"), "immutable") || out.Body.Len() == 0 {
			t.Errorf("%s: %d %v", path, out.Code, out.Header())
		}
	}
	out := w.do(w.request(http.MethodGet, "/static/0000000000000000/style.css", ""))
	if out.Code != http.StatusNotFound || out.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("unknown asset: %d %v", out.Code, out.Header())
	}
}

func TestLanguage_IsTheBrowsersOrTheClients(t *testing.T) {
	w := newWorldAt(t, issuer, func(c *handlers.Config) {
		set, err := templates.New(templates.Options{Overlay: fstest.MapFS{"messages/de.toml": {Data: []byte("login.title = \"Anmelden\"\n")}}})
		if err != nil {
			t.Fatal(err)
		}
		c.Pages.Set = set
	})
	lang := func(address, accept string) string {
		out := w.do(w.request(http.MethodGet, address, "", "Accept-Language", accept))
		return regexp.MustCompile(`<html lang="([^"]*)"`).FindStringSubmatch(out.Body.String() + `<html lang=""`)[1]
	}
	if got := lang("/login", "de-AT, en;q=0.5"); got != "de" {
		t.Errorf("German asked, %q shown", got)
	}
	if got := lang("/login", "xx"); got != "en" {
		t.Errorf("unknown language asked, %q shown", got)
	}
	b := w.browser().Get(authorizeURL("ui_locales", "de"))
	if !strings.Contains(b.Body(), `<html lang="de"`) {
		t.Error("ui_locales was not heard")
	}
}

// policyOf is that of a page of an extra room.
func policyOf(who handlers.Who, csrf handlers.CSRF) handlers.Policy {
	return handlers.Policy{Who: who, CSRF: csrf, Cache: handlers.Never, Limit: handlers.Unlimited, CrossSite: handlers.Refused}
}

// A further room's page: only for who is signed in, with a form that works without the room's doing anything for it.
func TestExtra_PageWithAForm(t *testing.T) {
	w := newWorldAt(t, issuer, func(c *handlers.Config) {
		c.Extra = append(c.Extra, func(h *handlers.Handlers) []handlers.Route {
			show := func(w http.ResponseWriter, r *http.Request) error {
				base, err := h.Base(w, r, "/room/{id}")
				if err != nil {
					return err
				}
				return h.Render(w, r, http.StatusOK, templates.SignOut{Base: base, Action: "/room/7"})
			}
			take := func(w http.ResponseWriter, r *http.Request) error {
				b, err := h.Browser(r)
				if err != nil {
					return err
				}
				_, err = w.Write([]byte("taken from " + b.Person.Username + " for " + mux.Vars(r)["id"]))
				return err
			}
			return []handlers.Route{
				{Methods: []string{http.MethodGet}, Path: "/room/{id}", Audience: handlers.ForPeople, Policy: policyOf(handlers.SignedIn, handlers.NothingToForge), Handler: show},
				{Methods: []string{http.MethodPost}, Path: "/room/{id}", Audience: handlers.ForPeople, Policy: policyOf(handlers.SignedIn, handlers.FormToken), Handler: take},
			}
		})
	})
	if b := w.browser().Get("/room/7"); b.URL().Path != "/login" {
		t.Errorf("nobody signed in: %s", b.URL())
	}
	b := w.signedIn("ada").Get("/room/7")
	token := b.Field("sign-out", "form_token")
	if b.Press("stay", nil); b.Body() != "taken from ada for 7" {
		t.Errorf("%d %s", b.Status(), b.Body())
	}
	if b.Post("/logout", url.Values{"form_token": {token}}); w.signedInAs(b) != "ada" {
		t.Error("the token of one form was good for another")
	}
	if got := w.happened(); strings.Contains(got, "refused") {
		t.Errorf("events: %s", got)
	}
	b.Post("/room/7", nil)
	if got := w.happened(); !strings.HasSuffix(got, "refused") {
		t.Errorf("a refusal of the policy was not told: %s", got)
	}
}
