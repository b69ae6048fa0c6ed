package e2e_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"signet/e2e"
)

// What becomes of a sign-out in a browser: frames, the way back, and what a page that watches the session learns.
func TestBrowser_SignOut(t *testing.T) {
	browser := launch(t)
	for name, test := range map[string]func(*tab, *party){
		"frames":          leavesByFrames,
		"without-scripts": leavesWithoutScripts,
		"asked":           isAskedAndStays,
		"watched":         watchesTheSession,
		"from-elsewhere":  watchesFromElsewhere,
	} {
		t.Run(name, func(t *testing.T) {
			provider := e2e.Development(t, "--set", "sessions.management=true")
			test(person(t, browser), newParty(t, provider, "localhost"))
		})
	}
}

// party is a relying party that registers itself and wants to know of everything.
type party struct {
	t          *testing.T
	provider   *e2e.Provider
	url        string
	id, secret string
	// state is the session_state of the last answer, token the ID token.
	state, token string

	mu sync.Mutex
	// framed are the queries with which its frame was loaded, told the sessions of the back channel.
	framed, told []string
}

// partyPage is what it shows everywhere: a heading, and a script if it has one.
const partyPage = `<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Party</title></head><body><main><h1 id="at">%s</h1>%s</main></body></html>`

// watch asks the provider's page what has become of the session (OIDC Session Management §3.1).
const watch = `<iframe id="op" title="session" src="%s"></iframe><p id="said"></p><script>
const op = document.getElementById("op");
addEventListener("message", (e) => { if (e.origin === "%s") document.getElementById("said").textContent = e.data; });
window.ask = (text) => new Promise((heard) => {
  addEventListener("message", (e) => heard(e.data), { once: true });
  op.contentWindow.postMessage(text, "%s");
});
op.addEventListener("load", () => document.body.toggleAttribute("data-ready", true));
</script>`

func newParty(t *testing.T, provider *e2e.Provider, host string) *party {
	t.Helper()
	p := &party{t: t, provider: provider}
	mux := http.NewServeMux()
	mux.HandleFunc("/front", func(w http.ResponseWriter, r *http.Request) {
		p.note(&p.framed, r.URL.RawQuery)
		fmt.Fprintf(w, partyPage, "front", "")
	})
	mux.HandleFunc("/back", func(_ http.ResponseWriter, r *http.Request) {
		p.note(&p.told, claim(r.PostFormValue("logout_token"), "sid"))
	})
	mux.HandleFunc("/watch", func(w http.ResponseWriter, _ *http.Request) {
		op := provider.Issuer
		fmt.Fprintf(w, partyPage, "watch", fmt.Sprintf(watch, op+"/check-session", op, op))
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, partyPage, html.EscapeString(r.URL.Path), "")
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	p.url = "http://" + net.JoinHostPort(host, port)
	var client struct {
		ID     string `json:"client_id"`
		Secret string `json:"client_secret"`
	}
	p.post("/register", "application/json", asJSON(t, map[string]any{
		"client_name": "Party", "application_type": "native", "redirect_uris": []string{p.url + "/callback"}, "post_logout_redirect_uris": []string{p.url + "/bye"},
		"frontchannel_logout_uri": p.url + "/front", "frontchannel_logout_session_required": true, "backchannel_logout_uri": p.url + "/back",
	}), &client)
	p.id, p.secret = client.ID, client.Secret
	return p
}

// claim is one of a token that is not verified.
func claim(token, name string) string {
	var claims map[string]any
	if parts := strings.Split(token, "."); len(parts) == 3 {
		if raw, err := base64.RawURLEncoding.DecodeString(parts[1]); err == nil {
			_ = json.Unmarshal(raw, &claims)
		}
	}
	s, _ := claims[name].(string)
	return s
}

func (p *party) note(list *[]string, what string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	*list = append(*list, what)
}

// noted waits until a list has something.
func (p *party) noted(list *[]string) []string {
	p.t.Helper()
	for begin := time.Now(); time.Since(begin) < limit; time.Sleep(10 * time.Millisecond) {
		p.mu.Lock()
		found := *list
		p.mu.Unlock()
		if len(found) > 0 {
			return found
		}
	}
	p.t.Fatal("nothing came")
	return nil
}

// post sends a body to the provider as the party's server, and reads the answer.
func (p *party) post(path, kind, body string, answer any) {
	p.t.Helper()
	r, err := http.NewRequest(http.MethodPost, p.provider.Issuer+path, bytes.NewBufferString(body))
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("Content-Type", kind)
	if p.id != "" {
		r.SetBasicAuth(url.QueryEscape(p.id), url.QueryEscape(p.secret))
	}
	ctx, cancel := context.WithTimeout(p.t.Context(), limit)
	defer cancel()
	resp, err := (&http.Client{}).Do(r.WithContext(ctx))
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(answer); err != nil || resp.StatusCode >= 300 {
		p.t.Fatalf("%s: status %d, %v", path, resp.StatusCode, err)
	}
}

const partyVerifier = "a-verifier-that-is-long-enough-for-rfc-7636-0123456789"

// request is an authorization request. Its challenge belongs to partyVerifier.
func (p *party) request(more string) string {
	q := url.Values{"client_id": {p.id}, "redirect_uri": {p.url + "/callback"}, "response_type": {"code"}, "scope": {"openid"},
		"code_challenge": {"usnX74KF2StIdV3DqSeVdiC55qslWkcQgkgLc-hBwTE"}, "code_challenge_method": {"S256"}}
	return p.provider.Issuer + "/authorize?" + q.Encode() + more
}

// signIn lets ada sign in to the party.
func (p *party) signIn(b *tab) {
	b.t.Helper()
	b.open(p.request(""), atSignIn)
	b.click(ada, atConsent)
	b.click("#allow", "#at")
	answer, err := url.Parse(get[string](b, "location.href"))
	if err != nil {
		b.t.Fatal(err)
	}
	p.state = answer.Query().Get("session_state")
	var tokens struct {
		IDToken string `json:"id_token"`
	}
	form := url.Values{"grant_type": {"authorization_code"}, "code": {answer.Query().Get("code")}, "redirect_uri": {p.url + "/callback"}, "code_verifier": {partyVerifier}}
	p.post("/token", "application/x-www-form-urlencoded", form.Encode(), &tokens)
	p.token = tokens.IDToken
}

// leave is a request to sign out.
func (p *party) leave(more ...string) string {
	q := url.Values{"post_logout_redirect_uri": {p.url + "/bye"}, "state": {"s 1"}}
	for i := 0; i < len(more); i += 2 {
		q.Set(more[i], more[i+1])
	}
	return p.provider.Issuer + "/logout?" + q.Encode()
}

// wantBye waits until the browser is back, with nothing but the state.
func (p *party) wantBye(b *tab) {
	b.t.Helper()
	for begin := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		at := get[string](b, "location.href")
		if at == p.url+"/bye?state=s+1" {
			return
		}
		if time.Since(begin) > limit {
			b.t.Fatalf("the browser is at %s", at)
		}
	}
}

// wantTold looks at what the party has heard, in the frame and from the provider.
func (p *party) wantTold() {
	p.t.Helper()
	sid := claim(p.token, "sid")
	query, err := url.ParseQuery(p.noted(&p.framed)[0])
	if err != nil || len(query) != 2 || query.Get("iss") != p.provider.Issuer || query.Get("sid") != sid || sid == "" {
		p.t.Errorf("the frame was loaded with %v (%v), want iss and sid %s", query, err, sid)
	}
	if told := p.noted(&p.told); len(told) != 1 || told[0] != sid {
		p.t.Errorf("told of %v, want %s", told, sid)
	}
}

func leavesByFrames(b *tab, p *party) {
	p.signIn(b)
	b.do(chromedp.Navigate(p.leave("id_token_hint", p.token)))
	p.wantBye(b)
	p.wantTold()
	b.open(p.request("&prompt=none"), "#at")
	if at := get[string](b, "location.search"); !strings.Contains(at, "error=login_required") {
		b.t.Errorf("prompt=none: %s", at)
	}
	b.look("signed-out-and-back")
}

func leavesWithoutScripts(b *tab, p *party) {
	p.signIn(b)
	b.scripting(false)
	b.do(chromedp.Navigate(p.leave("id_token_hint", p.token)), chromedp.WaitVisible(chromedp.CSS("#continue")))
	b.picture("signed-out-without-scripts")
	b.scripting(true)
	p.wantBye(b)
	p.wantTold()
}

// Whoever is asked sees who asks and who will be told; who stays is told nothing of.
func isAskedAndStays(b *tab, p *party) {
	p.signIn(b)
	b.open(p.leave("client_id", p.id), "form#sign-out")
	if text := b.text("main"); !strings.Contains(text, "Party") {
		b.t.Errorf("the question is\n%s", text)
	}
	b.look("sign-out-asked")
	b.click("#stay", "#person")
	b.open(p.leave("client_id", p.id, "post_logout_redirect_uri", p.url+"/elsewhere"), atError)
	b.look("sign-out-refused")
	b.click("#sign-out-here", "form#sign-out")
	if len(p.framed)+len(p.told) > 0 {
		b.t.Errorf("told of a session that goes on: %v %v", p.framed, p.told)
	}
	b.open(p.leave("client_id", p.id), "form#sign-out")
	b.do(chromedp.Click(chromedp.CSS("#sign-out-button")))
	p.wantBye(b)
	p.wantTold()
}

// ask asks the provider's page in a frame of the party's.
func (p *party) ask(b *tab, text string) string {
	b.t.Helper()
	return get[string](b, "ask("+strconv.Quote(text)+")")
}

func watchesTheSession(b *tab, p *party) {
	p.signIn(b)
	if p.state == "" {
		b.t.Fatal("no session_state")
	}
	w := b.another()
	w.open(p.url+"/watch", "body[data-ready]")
	good := p.id + " " + p.state
	for text, want := range map[string]string{
		good: "unchanged", "other " + p.state: "changed", p.id + " x.y": "changed", p.id: "error", "": "error", p.id + " x": "error", good + ".z": "error",
	} {
		if got := p.ask(w, text); got != want {
			b.t.Errorf("of %q the page says %q, want %q", text, got, want)
		}
	}
	b.do(chromedp.Navigate(p.leave("id_token_hint", p.token)))
	p.wantBye(b)
	if got := p.ask(w, good); got != "changed" {
		b.t.Errorf("after the sign-out: %q", got)
	}
	if got := p.ask(w, p.aboutNobody()); got != "changed" {
		b.t.Errorf("whoever made it up that nobody is signed in is told %q", got)
	}
	p.signIn2(b)
	if got := p.ask(w, good); got != "changed" {
		b.t.Errorf("after the next sign-in, of the session before: %q", got)
	}
	if got := p.ask(w, p.id+" "+p.state); got != "unchanged" {
		b.t.Errorf("after the next sign-in: %q", got)
	}
	w.wantQuiet("watched") // and no look: axe would send messages to the provider's frame
}

// aboutNobody is a question that any site can make up: with the session_state that there would be if nobody were signed in.
func (p *party) aboutNobody() string {
	sum := sha256.Sum256([]byte(p.id + " " + p.url + "  salt"))
	return p.id + " " + base64.RawURLEncoding.EncodeToString(sum[:]) + ".salt"
}

// signIn2 is signIn of somebody who has consented before.
func (p *party) signIn2(b *tab) {
	b.t.Helper()
	b.open(p.request(""), atSignIn)
	b.click(ada, "#at")
	p.state = get[string](b, "new URLSearchParams(location.search).get('session_state')")
}

// A browser that keeps our cookie from a page of another site is no reason to say that something has changed.
func watchesFromElsewhere(b *tab, p *party) {
	other := newParty(p.t, p.provider, "127.0.0.1")
	other.signIn(b)
	b.open(other.url+"/watch", "body[data-ready]")
	if got := other.ask(b, other.id+" "+other.state); got != "error" {
		b.t.Errorf("the page says %q, want error", got)
	}
}
