package e2e_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/chromedp"

	"signet/e2e"
)

func TestMain(m *testing.M) { e2e.Main(m) }

// axePath is where `make setup` puts the rules of accessibility.
const axePath = "../.ci/node/node_modules/axe-core/axe.min.js"

// limit bounds one wait in the browser. It is long, because other tests may have the processors.
const limit = 30 * time.Second

// launch starts Chromium, which reaches this machine only. It returns the context in which people come.
func launch(t *testing.T) context.Context {
	t.Helper()
	program, err := find("chromium", "chromium-browser", "google-chrome")
	if err != nil {
		e2e.Missing(t, "no Chromium on this machine")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(program), chromedp.UserDataDir(t.TempDir()),
		chromedp.DisableGPU, chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1"))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	allocated, stop := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stop)
	ctx, _ := chromedp.NewContext(allocated)
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		t.Fatal(err)
	}
	return ctx
}

func find(names ...string) (string, error) {
	var errs error
	for _, name := range names {
		path, err := exec.LookPath(name)
		if err == nil {
			return path, nil
		}
		errs = errors.Join(errs, err)
	}
	return "", errs
}

// tab is a tab of a browser, with somebody before it.
type tab struct {
	t   *testing.T
	ctx context.Context

	mu   sync.Mutex
	said []string // what the browser complained of
}

// person opens a browser without cookies.
func person(t *testing.T, browser context.Context) *tab {
	t.Helper()
	return newTab(t, browser, chromedp.WithNewBrowserContext())
}

// another opens another tab of the same person.
func (b *tab) another() *tab {
	b.t.Helper()
	return newTab(b.t, b.ctx)
}

func newTab(t *testing.T, parent context.Context, options ...chromedp.ContextOption) *tab {
	t.Helper()
	ctx, closeTab := chromedp.NewContext(parent, options...)
	t.Cleanup(closeTab)
	b := &tab{t: t, ctx: ctx}
	// The tab lives as long as the context of its first steps, so these have no limit.
	err := chromedp.Do(ctx, chromedp.EmulateViewport(1100, 900))
	if err == nil {
		err = chromedp.Listen(ctx, b.listen)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// listen keeps what the browser complains of: a page that breaks its own policy, a script that fails. Refusals by status
// are expected, and what it only remarks, such as that it has cleared a cache as it was told, comes sooner or later or not
// at all.
func (b *tab) listen(event any) {
	e, ok := event.(*log.EventEntryAdded)
	if ok && e.Entry.Source != log.EntrySourceNetwork && e.Entry.Level != log.EntryLevelInfo && e.Entry.Level != log.EntryLevelVerbose {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.said = append(b.said, e.Entry.Text+" "+e.Entry.URL)
	}
}

func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, limit)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.stop(err)
	}
}

// get runs a script in the page, waits if it promises, and returns its value.
func get[T any](b *tab, script string) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, limit)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	if err != nil {
		b.stop(err)
	}
	return v
}

// stop ends the test and says where the tab was.
func (b *tab) stop(err error) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 5*time.Second)
	defer cancel()
	at, _ := chromedp.Run(ctx, chromedp.Location())
	text, _ := chromedp.Run(ctx, chromedp.Evaluate[string]("document.body.innerText"))
	b.t.Fatalf("%v\nat %s:\n%s", err, at, text)
}

// open goes to an address and waits for an element.
func (b *tab) open(address, until string) {
	b.t.Helper()
	b.do(chromedp.Navigate(address), chromedp.WaitVisible(chromedp.CSS(until)))
}

// click presses an element, once it can be pressed, and waits for one of the next page. The present page is marked, so that
// it is not taken for the next.
func (b *tab) click(what, until string) {
	b.t.Helper()
	b.do(chromedp.WaitEnabled(chromedp.CSS(what)))
	get[bool](b, "document.body.toggleAttribute('data-left', true)")
	b.do(chromedp.Click(chromedp.CSS(what)), chromedp.WaitVisible(chromedp.CSS("body:not([data-left]) "+until)))
}

// fill types into an empty field.
func (b *tab) fill(field, text string) {
	b.t.Helper()
	b.do(chromedp.SendKeys(chromedp.CSS(field), text))
}

// keys presses keys, wherever the focus is.
func (b *tab) keys(text string) {
	b.t.Helper()
	b.do(chromedp.KeyEvent(text))
}

// text is what an element says, or empty.
func (b *tab) text(selector string) string {
	b.t.Helper()
	return get[string](b, "document.querySelector("+strconv.Quote(selector)+")?.innerText ?? ''")
}

// focused is the id of the element that has the focus.
func (b *tab) focused() string {
	b.t.Helper()
	return get[string](b, "document.activeElement.id")
}

// scripting switches scripts on or off for the pages to come.
func (b *tab) scripting(on bool) {
	b.t.Helper()
	b.do(chromedp.Func(func(ctx context.Context, to *chromedp.Target) error {
		_, err := cdp.Call(ctx, to, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !on})
		return err
	}))
}

// examine runs axe and returns what it finds.
const examine = `axe.run(document, {resultTypes: ["violations"]}).then(r => r.violations.flatMap(v =>
	v.nodes.map(n => v.id + ": " + n.html + " " + n.failureSummary)))`

// look takes a picture of the page, and asks axe and the browser what is wrong with it.
func (b *tab) look(name string) {
	b.t.Helper()
	b.picture(name)
	axe, err := os.ReadFile(axePath)
	if err != nil {
		e2e.Missing(b.t, "no axe-core: make setup")
	}
	get[bool](b, string(axe)+"; true")
	for _, v := range get[[]string](b, examine) {
		b.t.Errorf("%s: %s", name, v)
	}
	b.wantQuiet(name)
}

// wantQuiet asks the browser what is wrong.
func (b *tab) wantQuiet(name string) {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, complaint := range b.said {
		b.t.Errorf("%s: the browser says %s", name, complaint)
	}
	b.said = nil
}

// picture writes what is seen to the directory screenshots, which is not kept.
func (b *tab) picture(name string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, limit)
	defer cancel()
	png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err == nil {
		err = os.MkdirAll("screenshots", 0o755)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join("screenshots", name+".png"), png, 0o644)
	}
	if err != nil {
		b.stop(err)
	}
}
