package handlers_test

import (
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/net/html"

	"signet/handlers"
	"signet/handlers/robot"
	"signet/provider"
	"signet/provider/account"
	"signet/templates"
)

// newWholeWorld is a world that has everything that can be turned on, so that every route is there.
func newWholeWorld(t testing.TB, change ...func(*handlers.Config)) *world {
	t.Helper()
	w := newMailWorld(t, change...)
	w.party = account.RelyingParty{ID: "id.example.test", Origin: issuer, Name: "Signet"}
	w.registration = provider.Registration{Policy: provider.RegistrationOpen}
	w.configure = func(c *provider.Config) {
		c.SignUp, c.SessionManagement = true, true
		c.SignIn = provider.SignInPolicy{SecondFactor: provider.FactorOptional}
	}
	w.restart(cheapPasswords)
	w.check(w.provider.EditClient(t.Context(), "app", func(c *provider.Client) error {
		c.PolicyURI, c.TosURI, c.LogoURI = "https://app.example.test/privacy", "https://app.example.test/terms", "https://app.example.test/logo.png"
		return nil
	}))
	return w
}

// answered is an answer with what was asked, and by whom.
type answered struct {
	who, method, path string
	route             handlers.Route
	out               *httptest.ResponseRecorder
}

func (a answered) String() string {
	return fmt.Sprintf("%s %.80s by %s: %d", a.method, a.path, a.who, a.out.Code)
}

// isPage tells whether it is HTML.
func (a answered) isPage() bool {
	return strings.HasPrefix(a.out.Header().Get("Content-Type"), "text/html")
}

// page is the answer's document.
func (a answered) page(t *testing.T) *html.Node {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(a.out.Body.String()))
	if err != nil {
		t.Fatalf("%s: %v", a, err)
	}
	return doc
}

// filled puts something that is there in the place of what a path leaves open.
func (w *world) filled(path string) string {
	asset, err := someAsset()
	w.check(err)
	return strings.NewReplacer("{code}", "E-REQ-01", "{client}", base64.RawURLEncoding.EncodeToString([]byte("app")), "{id}", "app",
		"/static/{hash}/{name}", asset).Replace(path)
}

// someAsset is the path of one of the files that pages are drawn with.
var someAsset = sync.OnceValues(func() (string, error) {
	set, err := templates.New(templates.Options{})
	if err != nil {
		return "", err
	}
	return slices.Sorted(maps.Keys(set.Assets()))[0], nil
})

// cookiesOf are a browser's cookies as it sends them.
func cookiesOf(b *robot.Browser) string {
	var all []string
	for _, c := range b.Jar.Cookies(mustURL(issuer)) {
		all = append(all, c.Name+"="+c.Value)
	}
	return strings.Join(all, "; ")
}

// everybody are those who may come: a stranger, somebody halfway between two factors, and somebody who has just signed in.
func (w *world) everybody() map[string]string {
	w.t.Helper()
	b := w.signedIn("ada")
	w.setUp(b)
	grace := w.signedIn("grace")
	w.signedIn("grace") // there is another session to see
	w.code(grace)
	return map[string]string{"a stranger": "", "ada, halfway": cookiesOf(w.halfway("/login")), "grace": cookiesOf(grace)}
}

// queries are what may stand behind the path of a page that is reached in a flow.
func (w *world) queries(cookie string) map[string][]string {
	w.t.Helper()
	b := w.browser()
	for c := range strings.SplitSeq(cookie, "; ") {
		if name, value, ok := strings.Cut(c, "="); ok {
			b.Jar.SetCookies(mustURL(issuer), []*http.Cookie{{Name: name, Value: value, Path: "/", Secure: true}})
		}
	}
	request := ""
	for _, id := range []string{"consent", "login"} {
		if b.Get(authorizeURL("prompt", "consent")).Has(id) && request == "" {
			request = url.QueryEscape(b.Field(id, "request"))
		}
	}
	flow := []string{"?request=" + request}
	return map[string][]string{
		"/login": flow, "/login/mfa": flow, "/select": flow, "/consent": flow,
		"/authorize": {strings.TrimPrefix(authorizeURL(), "/authorize"), "?client_id=nobody", strings.TrimPrefix(authorizeURL("prompt", "none", "response_mode", "form_post"), "/authorize"),
			strings.TrimPrefix(authorizeURL("redirect_uri", "https://evil.example/"), "/authorize")},
	}
}

// mailed are the pages that letters lead to.
func (w *world) mailed() (paths []string) {
	w.t.Helper()
	w.askRecovery(w.browser(), "ada")
	w.browser().Get("/signup").Submit("ask", url.Values{"identifier": {"new@example.test"}})
	w.signedIn("grace").Get("/account/email").Submit("email-form", url.Values{"email": {"grace@new.example.test"}})
	for _, l := range w.mails.all() {
		if l.Facts["path"] != "" {
			paths = append(paths, l.Facts["path"])
		}
	}
	if len(paths) < 3 {
		w.t.Fatalf("only %d letters with links", len(paths))
	}
	return paths
}

// everywhere asks for everything: each route that the router has by each method, by everybody, bare and in its flow; the pages
// behind letters; and what is not there.
func (w *world) everywhere(visit func(answered)) {
	w.t.Helper()
	methods := []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions}
	for who, cookie := range w.everybody() {
		queries := w.queries(cookie)
		ask := func(route handlers.Route, method, path string) {
			visit(answered{who, method, path, route, w.do(w.request(method, path, "", "Cookie", cookie, "Accept", "text/html", "Sec-Fetch-Site", "same-origin"))})
		}
		for _, route := range w.Routes() {
			for _, method := range methods {
				ask(route, method, w.filled(route.Path))
			}
			if slices.Contains(route.Methods, http.MethodGet) {
				for _, q := range queries[route.Path] {
					ask(route, http.MethodGet, route.Path+q)
				}
			}
		}
		ask(handlers.Route{Audience: handlers.ForPeople, Policy: handlers.Policy{Cache: handlers.Never}}, http.MethodGet, "/nothing")
	}
	for _, path := range w.mailed() {
		out := w.do(w.request(http.MethodGet, path, "", "Accept", "text/html"))
		visit(answered{"whom a letter reached", http.MethodGet, path, handlers.Route{Audience: handlers.ForPeople, Policy: handlers.Policy{Cache: handlers.Never}}, out})
	}
}

// elements calls visit for every element below a node.
func elements(n *html.Node, visit func(*html.Node)) {
	if n.Type == html.ElementNode {
		visit(n)
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		elements(c, visit)
	}
}

// attribute is the value of an element's attribute; empty if it has none.
func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}
