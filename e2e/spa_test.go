package e2e_test

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"signet/e2e"
)

// servePage serves the example that is a page, and nothing else, and returns its port.
func servePage(t *testing.T, provider *e2e.Provider) int {
	t.Helper()
	files := http.FileServer(http.Dir("../examples/spa"))
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/config.json" {
			fmt.Fprintf(w, `{"issuer":%q,"client_id":"example-spa"}`, provider.Issuer)
			return
		}
		files.ServeHTTP(w, r)
	}))
	server.Listener.Close()
	l, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(e2e.FreePort(t)))
	if err != nil {
		t.Fatal(err)
	}
	server.Listener = l
	server.Start()
	t.Cleanup(server.Close)
	return l.Addr().(*net.TCPAddr).Port
}

// A page that is served by somebody else signs people in by itself: its browser asks before it calls, reads the tokens and
// UserInfo, and gives the tokens back. A page of an origin that nobody registered reads what everybody may, and no more.
func TestBrowser_SinglePage(t *testing.T) {
	browser := launch(t)
	provider := e2e.Production(t)
	port := servePage(t, provider)
	own := fmt.Sprintf("http://localhost:%d/", port)
	provider.RegisterPage(t, "example-spa", own)
	b := person(t, browser)
	b.open(own, "#login")
	b.click("#login", atSignIn)
	b.fill("#identifier", "ada")
	b.fill("#password", provider.Password)
	b.click("#sign-in", atConsent)
	b.click("#allow", "#somebody")
	var info struct{ Name, Email string }
	if err := json.Unmarshal([]byte(b.text("#userinfo")), &info); err != nil || info.Name != "Ada Lovelace" || info.Email != "ada@example.test" {
		t.Errorf("the page knows %+v: %v", info, err)
	}
	b.do(chromedp.Click(chromedp.CSS("#logout")), chromedp.WaitVisible(chromedp.CSS("#nobody")))
	for path, want := range map[string]string{"/.well-known/openid-configuration": "read", "/jwks": "read", "/token": "read", "/userinfo": "read", "/introspect": "not read", "/authorize": "not read"} {
		if got := get[string](b, fetching(provider.Issuer+path)); got != want {
			t.Errorf("%s from a registered origin: %s, want %s", path, got, want)
		}
	}
	stranger := person(t, browser)
	stranger.open(fmt.Sprintf("http://127.0.0.1:%d/", port), "#login")
	for path, want := range map[string]string{"/.well-known/openid-configuration": "read", "/jwks": "read", "/token": "not read", "/userinfo": "not read", "/revoke": "not read", "/par": "not read"} {
		if got := get[string](stranger, fetching(provider.Issuer+path)); got != want {
			t.Errorf("%s from an origin that nobody registered: %s, want %s", path, got, want)
		}
	}
}

// fetching is a script that asks an address as a page would, with a header that needs a preflight where there is something to
// protect.
func fetching(address string) string {
	request := `{}`
	switch {
	case strings.HasSuffix(address, "/userinfo"):
		request = `{headers: {Authorization: "Bearer x"}}`
	case !strings.HasSuffix(address, "configuration") && !strings.HasSuffix(address, "/jwks"):
		request = `{method: "POST", body: new URLSearchParams({client_id: "example-spa"})}`
	}
	return "fetch(" + strconv.Quote(address) + ", " + request + ").then(() => 'read', () => 'not read')"
}

// In development mode a page needs no registration.
func TestBrowser_SinglePageInDevelopment(t *testing.T) {
	browser := launch(t)
	provider := e2e.Development(t)
	b := person(t, browser)
	b.open(fmt.Sprintf("http://localhost:%d/", servePage(t, provider)), "#login")
	b.click("#login", atSignIn)
	b.click(ada, atConsent)
	b.click("#allow", "#somebody")
	if text := b.text("#userinfo"); !strings.Contains(text, "Ada Lovelace") {
		t.Errorf("the page knows %s", text)
	}
}
