package handlers_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"signet/handlers/robot"
	"signet/provider"
	"signet/provider/account"
	attributes "signet/provider/account/attribute"
)

// define restarts the world with attributes of all editors, and a scope that tells them.
func (w *world) define() {
	w.t.Helper()
	words := func(en, de string) attributes.Words { return attributes.Words{"": en, "de": de} }
	set, err := attributes.New([]attributes.Definition{
		{Name: "office", Label: words("Office", "Büro"), Hint: words("As on the door", "Wie an der Tür"), Pattern: "[A-Z][0-9]+", Edit: attributes.ByPerson, Required: true, Ask: true, Scope: "work"},
		{Name: "size", Label: words("Size", "Größe"), Type: attributes.Enum, Choices: []string{"S", "M & L"}, Edit: attributes.ByPerson, Required: true, Scope: "work"},
		{Name: "born", Type: attributes.Date, Edit: attributes.Once, Ask: true},
		{Name: "tags", Type: attributes.List, Edit: attributes.ByPerson},
		{Name: "veg", Type: attributes.Boolean, Edit: attributes.ByPerson},
		{Name: "plan"}, {Name: "secret"},
	})
	w.check(err)
	w.attributes = set
	before := w.configure
	w.configure = func(c *provider.Config) {
		if before != nil {
			before(c)
		}
		c.Scopes = []provider.DeclaredScope{{Name: "work", Title: words("Where you work", "Wo Sie arbeiten"), Why: words("To find you.", "Um Sie zu finden.")}}
	}
	w.restart(cheapPasswords)
}

// attributesOf are what is stored of somebody, as JSON.
func (w *world) attributesOf(name string) string {
	w.t.Helper()
	p, err := w.accounts.FindPerson(w.t.Context(), name)
	w.check(err)
	text, err := json.Marshal(p.Attributes)
	w.check(err)
	return string(text)
}

func (w *world) patch(name, document string) {
	w.t.Helper()
	_, err := w.accounts.EditPerson(w.t.Context(), name, func(p *account.Person) error { return p.Patch([]byte(document)) })
	w.check(err)
}

// People see all attributes that say something, and change those that are theirs to change.
func TestAttributes_OnTheProfilePage(t *testing.T) {
	w := newWorld(t)
	w.define()
	w.patch("ada", `{"attributes":{"plan":"paid"}}`)
	b := w.signedIn("ada").Get("/account/profile")
	if !strings.Contains(b.TextOf("attributes"), "Office") || b.TextOf("attribute-office-hint") != "As on the door" || !b.HasAttribute("attribute-plan", "readonly") || b.Has("attribute-secret") {
		t.Fatalf("the page: %s", b.TextOf("attributes"))
	}
	b.Submit("profile", url.Values{
		"attribute.office": {" A3 "}, "attribute.size": {"M & L"}, "attribute.born": {"2000-02-29"}, "attribute.tags": {"red\r\nblue\r\n"}, "attribute.veg": {"true"},
		"attribute.plan": {"free"}, "attribute.secret": {"x"}, "attribute.unknown": {"x"}, "attributes": {`{"plan":"free"}`}, "plan": {"free"},
	})
	const said = `{"born":"2000-02-29","office":"A3","plan":"paid","size":"M \u0026 L","tags":["red","blue"],"veg":true}`
	if got := w.attributesOf("ada"); !b.Has("notice") || got != said {
		t.Fatalf("saved %s, %s", got, b.Text())
	}
	if b.Field("profile", "attribute.size") != "M & L" || b.Field("profile", "attribute.veg") != "true" || !strings.Contains(b.Body(), ">red\nblue</textarea>") || !b.HasAttribute("attribute-born", "readonly") {
		t.Errorf("shown: %s", b.Body())
	}
	b.Submit("profile", url.Values{"attribute.born": {"2001-01-01"}, "attribute.tags": {""}, "attribute.veg": {""}})
	if got := w.attributesOf("ada"); got != `{"born":"2000-02-29","office":"A3","plan":"paid","size":"M \u0026 L"}` {
		t.Errorf("saved %s", got)
	}
	for name, value := range map[string]string{"office": "a3", "size": "XL", "tags": strings.Repeat("x", 300), "veg": "maybe"} {
		b.Get("/account/profile").Submit("profile", url.Values{"attribute." + name: {value}, "gender": {"kept"}})
		if b.Status() != http.StatusBadRequest || b.Attribute("attribute-"+name, "aria-invalid") != "true" || b.Field("profile", "gender") != "kept" {
			t.Errorf("%s %q: %d %s", name, value, b.Status(), b.Text())
		}
	}
}

// A declared person sees what the configuration says of them, and a new configuration hides what it has no more.
func TestAttributes_OfDeclaredPeople(t *testing.T) {
	w := newWorld(t)
	w.define()
	hash, err := w.accounts.HashPassword(t.Context(), password)
	w.check(err)
	_, err = w.accounts.DeclarePerson(t.Context(), account.Person{Username: "conny", Password: hash, Attributes: attributes.Values{"office": json.RawMessage(`"B1"`)}})
	w.check(err)
	b := w.signedIn("conny").Get("/account/profile")
	if !b.HasAttribute("attribute-office", "readonly") || b.Has("attribute-tags") {
		t.Errorf("the page: %s", b.TextOf("attributes"))
	}
	w.code(w.signedIn("conny")) // is not asked for what only the configuration can say
	w.attributes = nil
	w.configure = nil
	w.restart(cheapPasswords)
	if b := w.signedIn("conny").Get("/account/profile"); b.Has("attributes") || w.attributesOf("conny") != `{"office":"B1"}` {
		t.Errorf("without attributes: %s, kept %s", b.Text(), w.attributesOf("conny"))
	}
}

// finishing opens the page of a new account.
func (w *world) finishing(address string) *robot.Browser {
	w.t.Helper()
	w.browser().Get("/signup").Submit("ask", url.Values{"identifier": {address}})
	return w.browser().Get(w.mails.newest(w.t, account.LetterSignUp).Facts["path"])
}

// TestAttack_SignUpSetsWhatIsTheOperators: a sign-up takes what it asks for, all of it, and nothing else.
func TestAttack_SignUpSetsWhatIsTheOperators(t *testing.T) {
	w := newMailWorld(t)
	w.define()
	b := w.finishing("eve@example.org")
	if !b.Has("attribute-office") || !b.Has("attribute-size") || b.Has("attribute-plan") || b.Has("attribute-tags") || !b.HasAttribute("attribute-office", "required") {
		t.Fatalf("asked: %s", b.Text())
	}
	form := url.Values{"username": {"eve"}, "name": {"Eve"}, "password": {newSecret}, "again": {newSecret}, "terms": {"1"}, "attribute.office": {"C7"}, "attribute.size": {"S"}}
	for name, value := range map[string]string{"attribute.office": "c7", "attribute.size": ""} {
		wrong := url.Values{}
		for k, v := range form {
			wrong[k] = v
		}
		wrong.Set(name, value)
		b.Submit("sign-up", wrong)
		if b.Status() != http.StatusBadRequest || !b.HasAttribute("attribute-"+strings.TrimPrefix(name, "attribute."), "aria-invalid") {
			t.Fatalf("%s %q: %d %s", name, value, b.Status(), b.Text())
		}
	}
	for _, name := range []string{"plan", "secret", "tags", "born"} {
		form.Set("attribute."+name, "2000-01-01")
	}
	form.Set("groups", "admins")
	if b.Submit("sign-up", form); b.Status() != http.StatusOK {
		t.Fatalf("%d %s", b.Status(), b.Text())
	}
	if got := w.attributesOf("eve"); got != `{"office":"C7","size":"S"}` {
		t.Errorf("a new person has %s", got)
	}
}

// Whoever lacks what everybody is asked for says it on the way to an application.
func TestDetails_OnTheWay(t *testing.T) {
	w := newWorld(t)
	w.define()
	b := w.signedIn("ada").Get(authorizeURL())
	if !b.Has("details") || !b.Has("attribute-office") || !b.Has("attribute-born") || b.Has("attribute-size") || !strings.Contains(b.Text(), "The App") {
		t.Fatalf("%d %s", b.Status(), b.Text())
	}
	if b.Submit("details", url.Values{"attribute.office": {"A3"}}); b.Status() != http.StatusBadRequest || b.Attribute("attribute-born", "aria-invalid") != "true" || b.Field("details", "attribute.office") != "A3" {
		t.Fatalf("half of it: %d %s", b.Status(), b.Text())
	}
	if got := w.attributesOf("ada"); got != "null" {
		t.Errorf("half of it was saved: %s", got)
	}
	b.Submit("details", url.Values{"attribute.office": {"A3"}, "attribute.born": {"2000-01-01"}, "attribute.plan": {"paid"}, "attribute.size": {"S"}})
	if !b.Has("consent") {
		t.Fatalf("after it: %d %s", b.Status(), b.Text())
	}
	if got := w.attributesOf("ada"); got != `{"born":"2000-01-01","office":"A3"}` {
		t.Errorf("saved %s", got)
	}
	w.code(w.signedIn("ada")) // not asked again
}

// A form that leaves out a field, or comes again after all was said, goes on only with what is there.
func TestDetails_LeftOutAndTwice(t *testing.T) {
	w := newWorld(t)
	w.define()
	b := w.signedIn("ada").Get(authorizeURL())
	request, token := b.Field("details", "request"), b.Field("details", "form_token")
	if b.Post("/login/details", url.Values{"request": {request}, "form_token": {token}}); b.Status() != http.StatusBadRequest || !b.Has("details") {
		t.Errorf("without fields: %d %s", b.Status(), b.Text())
	}
	w.patch("ada", `{"attributes":{"office":"A3","born":"2000-01-01"}}`)
	if b.Get("/login/details?request=" + url.QueryEscape(request)); !b.Has("consent") {
		t.Errorf("nothing is missing any more: %d %s", b.Status(), b.Text())
	}
	if b.Post("/login/details", url.Values{"request": {request}, "form_token": {token}}); !b.Has("consent") {
		t.Errorf("nothing is missing any more: %d %s", b.Status(), b.Text())
	}
	if out := w.do(w.request(http.MethodPost, "/login/details", "request="+url.QueryEscape(request))); out.Code < 400 {
		t.Errorf("a form that was given to nobody: %d", out.Code)
	}
}

// The operator's words stand where a scope of theirs is asked for, in the language of the page.
func TestScopes_HaveTheOperatorsWords(t *testing.T) {
	w := newWorld(t)
	w.define()
	w.check(w.provider.EditClient(t.Context(), "app", func(c *provider.Client) error { c.Scopes = append(c.Scopes, "work"); return nil }))
	w.patch("ada", `{"attributes":{"office":"A3","born":"2000-01-01"}}`)
	b := w.signedIn("ada")
	b.Get(authorizeURL("scope", "openid work", "ui_locales", "de"))
	if !b.Has("consent") || !strings.Contains(b.Text(), "Wo Sie arbeiten") || !strings.Contains(b.Text(), "Um Sie zu finden.") {
		t.Fatalf("%s", b.Text())
	}
	b.Press("allow", nil)
	if b := w.signedIn("ada").Get("/account/apps"); !strings.Contains(b.Text(), "Where you work") {
		t.Errorf("%s", b.Text())
	}
}

// People see all groups that they are in, by way of others too.
func TestGroups_OnThePages(t *testing.T) {
	w := newWorld(t)
	for _, g := range []account.Group{{Name: "everybody"}, {Name: "staff", Parents: []string{"everybody"}}} {
		_, err := w.accounts.AddGroup(t.Context(), g)
		w.check(err)
	}
	w.check(w.accounts.AddMember(t.Context(), "staff", "ada"))
	b := w.signedIn("ada")
	for _, path := range []string{"/", "/account/profile"} {
		if got := b.Get(path).TextOf("groups"); !strings.Contains(got, "everybody") || !strings.Contains(got, "staff") {
			t.Errorf("%s: %q", path, got)
		}
	}
}
