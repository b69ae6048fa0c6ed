package conformance

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"signet/e2e"
)

// Session management is two frames that talk to each other, so it needs a real browser.

// chromium is one browser for all modules that need one; each gets a profile of its own in it.
var chromium = sync.OnceValues(func() (context.Context, error) { return attempt(startChromium) })

func startChromium() context.Context {
	program := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil && program == "" {
			program = path
		}
	}
	if program == "" {
		panic(fmt.Errorf("%w: no Chromium on this machine", errMissing))
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(program), chromedp.UserDataDir(shared.TempDir()),
		chromedp.DisableGPU, chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("ignore-certificate-errors", true), // it knows the machine's authorities only
		chromedp.Flag("host-resolver-rules", "MAP *."+site+" 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	allocated, stop := chromedp.NewExecAllocator(context.Background(), options...)
	shared.Cleanup(stop)
	ctx, _ := chromedp.NewContext(allocated)
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		panic(err)
	}
	return ctx
}

// window is a tab of a real browser.
type window struct {
	m   *run
	ctx context.Context
}

// open opens a tab; more of the same person's if that is another tab's context.
func (m *run) window(parent context.Context, options ...chromedp.ContextOption) *window {
	ctx, stop := chromedp.NewContext(parent, options...)
	m.t.Cleanup(stop)
	m.ran(chromedp.Do(ctx, chromedp.EmulateViewport(1000, 800)))
	return &window{m, ctx}
}

func (w *window) do(steps ...chromedp.Action[chromedp.Void]) {
	ctx, cancel := context.WithTimeout(w.ctx, time.Minute)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		w.m.fail("%v, at %s", err, w.eval("location.href + ' ' + document.body.innerText"))
	}
}

// eval is the value of a script, which may be promised.
func (w *window) eval(script string) string {
	ctx, cancel := context.WithTimeout(w.ctx, time.Minute)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[string](script, chromedp.EvalAwaitPromise))
	w.m.ran(err)
	return v
}

func visible(selector string) chromedp.Action[chromedp.Void] {
	return chromedp.WaitVisible(chromedp.CSS(selector))
}

func press(selector string) []chromedp.Action[chromedp.Void] {
	return []chromedp.Action[chromedp.Void]{chromedp.WaitEnabled(chromedp.CSS(selector)), chromedp.Click(chromedp.CSS(selector))}
}

// talker is a page of the relying party's with the provider's frame in it. ask() asks the frame whether a session is as it was.
const talker = `<!DOCTYPE html><title>Talker</title><iframe id="provider" src=%q></iframe><p id="ready">ready</p><script>
const provider = %q;
const ask = (client, state) => new Promise((resolve) => {
  const heard = (e) => { removeEventListener("message", heard); resolve(e.origin + " " + e.data); };
  addEventListener("message", heard);
  document.getElementById("provider").contentWindow.postMessage(client + " " + state, provider);
});
</script>`

func TestModule_oidcc_session_management_rp_initiated_logout(t *testing.T) {
	module(t, func(m *run) {
		frame := m.metadata.text("check_session_iframe")
		m.need(strings.HasPrefix(frame, "https://"), "discovery has no check_session_iframe")
		browser, err := chromium()
		if err != nil {
			e2e.Missing(t, err.Error())
		}
		issuer := origin(m.metadata.text("issuer"))
		m.place.publish("/talk", "text/html", []byte(fmt.Sprintf(talker, frame, issuer)))
		m.register(map[string]any{"post_logout_redirect_uris": []string{m.back()}})
		p := m.request()
		w := m.window(browser, chromedp.WithNewBrowserContext())
		o := m.redeem(w.signIn(p), p)
		state := o.answer.Get("session_state")
		m.need(state != "" && !strings.Contains(state, " "), "session_state %q", state)

		w.do(chromedp.Navigate(m.place.base+"/talk"), visible("#ready"))
		w.says(state, issuer+" unchanged")
		w.says(state[1:], issuer+" changed") // a session that never was
		again := m.request()
		again.set("prompt", "none")
		other := m.window(w.ctx)
		o = m.redeem(other.authorize(again), again)
		w.says(o.answer.Get("session_state"), issuer+" unchanged")

		out := m.logoutRequest(o)
		other.do(chromedp.Navigate(m.metadata.text("end_session_endpoint") + "?" + out.encode()))
		other.do(visible("#submission_complete"))
		w.says(o.answer.Get("session_state"), issuer+" changed")
		last := m.request()
		last.set("prompt", "none")
		m.failure(other.authorize(last), last, m.channel(), notNow...)
	})
}

// says asks the frame, again if it has only just been loaded.
func (w *window) says(state, want string) {
	got := w.eval(fmt.Sprintf(`(async () => {
	  for (let i = 0; i < 50; i++) {
	    const said = await Promise.race([ask(%q, %q), new Promise((r) => setTimeout(r, 200, ""))]);
	    if (said) return said;
	  }
	  return "nothing";
	})()`, w.m.client.id, state))
	w.m.want(got == want, "the frame says %q, want %q", got, want)
}

// authorize sends a request that needs nobody.
func (w *window) authorize(p params) *landing {
	w.do(chromedp.Navigate(w.m.metadata.text("authorization_endpoint")+"?"+p.encode()), visible("#submission_complete"))
	return w.landed()
}

// signIn sends a request and does what a person does.
func (w *window) signIn(p params) *landing {
	w.do(chromedp.Navigate(w.m.metadata.text("authorization_endpoint")+"?"+p.encode()), visible("#login"))
	w.do(chromedp.SendKeys(chromedp.CSS("#identifier"), personName), chromedp.SendKeys(chromedp.CSS("#password"), personPassword))
	w.do(press("#sign-in")...)
	w.do(visible("#allow"))
	w.do(press("#allow")...)
	w.do(visible("#submission_complete"))
	return w.landed()
}

// landed is what arrived at the relying party.
func (w *window) landed() *landing {
	at, err := url.Parse(w.eval("location.href"))
	w.m.ran(err)
	l := &landing{url: at}
	w.m.read(l, w.eval("document.getElementById('received').textContent"))
	return l
}
