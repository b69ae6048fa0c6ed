package templates_test

import (
	"bytes"
	"context"
	"flag"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/BurntSushi/toml"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/chromedp"

	"signet/templates"
)

var screenshots = flag.String("screenshots", "", "directory to write pictures of all samples to")

const axePath = "../.ci/node/node_modules/axe-core/axe.min.js"

// missing skips a test that lacks a tool, or fails it where everything must be there.
func missing(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(what)
	}
	t.Skip("NOT TESTED: " + what)
}

// browser starts one Chromium, which reaches this machine only.
func browser(t *testing.T) context.Context {
	t.Helper()
	var program string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if p, err := exec.LookPath(name); err == nil && program == "" {
			program = p
		}
	}
	if program == "" {
		missing(t, "no Chromium on this machine")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(program), chromedp.UserDataDir(t.TempDir()),
		chromedp.DisableGPU, chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	allocated, stop := chromedp.NewExecAllocator(t.Context(), options...)
	ctx, _ := chromedp.NewContext(allocated)
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	return ctx
}

// do runs steps in the browser's tab.
func do(t *testing.T, ctx context.Context, steps ...step) {
	t.Helper()
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		t.Fatal(err)
	}
}

// get runs a script in the page, waits if it promises, and returns its value.
func get[T any](t *testing.T, ctx context.Context, script string) T {
	t.Helper()
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

type step = chromedp.Action[chromedp.Void]

// serve answers with pages by their sample's name, each with its own policy, and with the assets.
func serve(t *testing.T, o templates.Options, pages map[string]templates.Page) *httptest.Server {
	t.Helper()
	set, err := templates.New(o)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	for path, a := range set.Assets() {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", a.ContentType)
			w.Write(a.Bytes)
		})
	}
	mux.HandleFunc("/logo/", func(w http.ResponseWriter, _ *http.Request) { // the picture of a client
		icon := set.Assets()[set.Asset("icon.svg")]
		w.Header().Set("Content-Type", icon.ContentType)
		w.Write(icon.Bytes)
	})
	for _, path := range []string{"/login/passkey", "/login/upgrade/challenge"} { // a challenge, which no sample has
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "{}") })
	}
	mux.HandleFunc("/authorize", func(w http.ResponseWriter, _ *http.Request) { // where a page goes on by itself: it stays
		w.WriteHeader(http.StatusNoContent)
	})
	for name, p := range pages {
		mux.HandleFunc("/page/"+name, func(w http.ResponseWriter, r *http.Request) {
			var b bytes.Buffer
			if err := set.Render(&b, set.Match(r.URL.Query().Get("ui_locales"), ""), p); err != nil {
				t.Error(err)
			}
			w.Header().Set("Content-Security-Policy", p.Policy().String())
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.Write(b.Bytes())
		})
	}
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server
}

func samplePages() map[string]templates.Page {
	pages := map[string]templates.Page{}
	for _, s := range templates.Samples() {
		pages[s.Name] = s.Page
	}
	return pages
}

// look sets width, and the media features that style sheets ask for.
func look(width int64, features []*emulation.MediaFeature) step {
	return chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		size := emulation.SetDeviceMetricsOverrideParams{Width: width, Height: 900, DeviceScaleFactor: 1}
		if _, err := cdp.Call(ctx, tab, emulation.SetDeviceMetricsOverride, size); err != nil {
			return err
		}
		if _, err := cdp.Call(ctx, tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: features}); err != nil {
			return err
		}
		_, err := cdp.Call(ctx, tab, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
		return err
	})
}

// stay replaces the scripts that would submit the answer of a form_post page, and leave after a sign-out, so that the pages can
// be looked at.
var stay = templates.Options{Overlay: fstest.MapFS{"static/submit.js": {Data: []byte("// stays")}, "static/leave.js": {Data: []byte("// stays")}}}

// themes are the looks in which the samples are examined; in the last one the colours are the person's own, so it is for the
// eye alone.
var themes = map[string][]*emulation.MediaFeature{
	"light":  {{Name: "prefers-color-scheme", Value: "light"}, still},
	"dark":   {{Name: "prefers-color-scheme", Value: "dark"}, still},
	"forced": {{Name: "prefers-color-scheme", Value: "dark"}, {Name: "forced-colors", Value: "active"}, still},
}

var still = &emulation.MediaFeature{Name: "prefers-reduced-motion", Value: "reduce"}

func TestBrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a browser")
	}
	ctx := browser(t)
	server := serve(t, stay, samplePages())
	t.Run("samples", func(t *testing.T) { testSamples(t, ctx, server.URL) })
	t.Run("right to left", func(t *testing.T) { testRightToLeft(t, ctx) })
	t.Run("languages", func(t *testing.T) { testLanguages(t, ctx, server.URL) })
	t.Run("long words", func(t *testing.T) { testLongWords(t, ctx) })
	t.Run("brands", func(t *testing.T) { testBrands(t, ctx) })
	t.Run("keyboard", func(t *testing.T) { testKeyboard(t, ctx, server.URL) })
	t.Run("reveal", func(t *testing.T) { testReveal(t, ctx, server.URL) })
	t.Run("pause", func(t *testing.T) { testPause(t, ctx, server.URL) })
	t.Run("form post", func(t *testing.T) { testFormPost(t, ctx) })
}

// axe finds nothing on any page in either theme, no page needs to be scrolled sideways at 320 pixels, every target is 44
// pixels high, and no page breaks its own policy.
func testSamples(t *testing.T, ctx context.Context, server string) {
	axe, err := os.ReadFile(axePath)
	if err != nil {
		missing(t, "no axe-core: npm install --prefix .ci/node")
	}
	complaints := listen(t, ctx)
	for _, s := range templates.Samples() {
		if *screenshots == "" && sameBut(s) {
			continue
		}
		do(t, ctx, look(1200, themes["light"]), chromedp.Navigate(server+"/page/"+s.Name), chromedp.WaitReady("main"))
		get[bool](t, ctx, "document.querySelectorAll(':disabled').forEach(b => b.disabled = false); true")
		get[bool](t, ctx, string(axe)+"; true")
		for _, theme := range []string{"light", "dark"} {
			do(t, ctx, look(1200, themes[theme]))
			picture(t, ctx, s.Name+"-"+theme)
			for _, v := range get[[]string](t, ctx, examine) {
				t.Errorf("%s, %s: %s", s.Name, theme, v)
			}
		}
		if *screenshots != "" {
			testMoreLooks(t, ctx, s.Name)
		}
		do(t, ctx, look(320, themes["light"]))
		for _, v := range get[[]string](t, ctx, measure) {
			t.Errorf("%s at 320 pixels: %s", s.Name, v)
		}
		for _, c := range complaints() {
			t.Errorf("%s: the browser says %s", s.Name, c)
		}
	}
}

// testMoreLooks goes on with a page for whoever looks at pictures: forced colours, a phone, a narrow one; axe finds nothing there
// either.
func testMoreLooks(t *testing.T, ctx context.Context, name string) {
	for _, l := range []struct {
		as, theme, examine string
		width              int64
	}{{"forced", "forced", examineShape, 1200}, {"phone", "dark", examine, 390}, {"narrow", "light", examine, 320}} {
		do(t, ctx, look(l.width, themes[l.theme]))
		picture(t, ctx, name+"-"+l.as)
		for _, v := range get[[]string](t, ctx, l.examine) {
			t.Errorf("%s, %s: %s", name, l.as, v)
		}
	}
}

// Another language needs another file and nothing else: with every message half as long again and written from the right, the
// pages still fit.
func testRightToLeft(t *testing.T, ctx context.Context) {
	overlay := fstest.MapFS{"static/submit.js": stay.Overlay.(fstest.MapFS)["static/submit.js"], "messages/he.toml": {Data: stretched(t)}}
	server := serve(t, templates.Options{Overlay: overlay}, samplePages())
	for _, name := range []string{"login-dev", "login-wrong", "consent-more", "error-redirect-dev", "home", "account-sessions", "account-profile"} {
		do(t, ctx, look(320, themes["light"]), chromedp.Navigate(server.URL+"/page/"+name+"?ui_locales=he"), chromedp.WaitReady("main"))
		if got := get[string](t, ctx, "document.documentElement.lang + getComputedStyle(document.body).direction"); got != "hertl" {
			t.Fatalf("%s: language and direction %q", name, got)
		}
		for _, v := range get[[]string](t, ctx, measure) {
			t.Errorf("%s: %s", name, v)
		}
		picture(t, ctx, name+"-rtl")
	}
}

// stretched is the English messages, each longer by half.
func stretched(t *testing.T) []byte {
	t.Helper()
	var tree map[string]any
	if _, err := toml.DecodeFile("messages/en.toml", &tree); err != nil {
		t.Fatal(err)
	}
	stretch(tree)
	out, err := toml.Marshal(tree)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func stretch(tree map[string]any) {
	for k, v := range tree {
		switch v := v.(type) {
		case string:
			tree[k] = v + strings.Repeat(" אבג", 1+len(v)/12)
		case map[string]any:
			stretch(v)
		}
	}
}

// sameBut reports whether a sample is like "error-app" but for a few words.
func sameBut(s templates.Sample) bool {
	e, ok := s.Page.(templates.Error)
	return ok && e.Kind != templates.ErrorApp && e.Client == nil && e.SignIn == ""
}

// listen returns a function that returns what the browser has complained of since the last call.
func listen(t *testing.T, ctx context.Context) func() []string {
	t.Helper()
	var mu sync.Mutex
	var said []string
	err := chromedp.Listen(ctx, func(e any) {
		if e, ok := e.(*log.EventEntryAdded); ok {
			mu.Lock()
			defer mu.Unlock()
			said = append(said, e.Entry.Text+" "+e.Entry.URL)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return func() []string {
		mu.Lock()
		defer mu.Unlock()
		defer func() { said = nil }()
		return said
	}
}

// examine runs axe and returns what it finds.
const examine = `axe.run(document, {resultTypes: ["violations"]}).then(r => r.violations.flatMap(v =>
	v.nodes.map(n => v.id + ": " + n.html + " " + n.failureSummary)))`

// examineShape is examine without colours, for where they are the person's own.
const examineShape = `axe.run(document, {resultTypes: ["violations"], rules: {"color-contrast": {enabled: false}}}).then(r => r.violations.flatMap(v =>
	v.nodes.map(n => v.id + ": " + n.html + " " + n.failureSummary)))`

// measure returns what is too wide, or too small to press.
const measure = `(() => {
	const out = [];
	const root = document.documentElement;
	if (root.scrollWidth > root.clientWidth) out.push("scrolls sideways: " + root.scrollWidth);
	for (const e of document.querySelectorAll("body *")) {
		if (!e.checkVisibility()) continue;
		const r = e.getBoundingClientRect();
		if (r.width > 2 && e.parentElement.offsetWidth !== 1 && (r.right > root.clientWidth + 1 || r.left < -1)) out.push("sticks out: " + e.outerHTML.slice(0, 120));
	}
	for (const e of document.querySelectorAll("a, button, select, textarea, summary, input:not([type=hidden], [type=checkbox])")) {
		const r = e.getBoundingClientRect();
		if (e.checkVisibility() && !e.matches(".skip") && r.height < 44) out.push("only " + r.height + " high: " + e.outerHTML.slice(0, 120));
	}
	return out;
})()`

// picture writes a screenshot of the whole page if the flag asks for it.
func picture(t *testing.T, ctx context.Context, name string) {
	t.Helper()
	if *screenshots == "" {
		return
	}
	// The window is as high as the page: a picture that goes beyond it is shifted where one writes from the right.
	size := get[[]int64](t, ctx, "[innerWidth, Math.max(900, document.documentElement.scrollHeight)]")
	do(t, ctx, chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: size[0], Height: size[1], DeviceScaleFactor: 1})
		return err
	}))
	png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err == nil {
		err = os.WriteFile(filepath.Join(*screenshots, name+".png"), png, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}
