package templates_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"signet/templates"
)

// The answer of form_post arrives, with the script and, where scripts are off, with the button; the policy lets it through.
func testFormPost(t *testing.T, ctx context.Context) {
	got := make(chan url.Values, 1)
	client := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost && r.ParseForm() == nil {
			got <- r.PostForm
		}
		fmt.Fprint(w, "<p id=arrived>arrived")
	}))
	defer client.Close()
	to, err := templates.ParseDestination(client.URL + "/cb?a=b")
	if err != nil {
		t.Fatal(err)
	}
	fields := []templates.Field{{Name: "code", Value: "c"}, {Name: "state", Value: `"><script>&amp;é`}, {Name: "submit", Value: "x"}}
	post := templates.FormPost{Base: templates.Base{Product: "Signet"}, Action: to, Fields: fields}
	server := serve(t, templates.Options{}, map[string]templates.Page{"post": post})
	for _, scripts := range []bool{true, false} {
		do(t, ctx, scripting(scripts), chromedp.Navigate(server.URL+"/page/post"))
		if !scripts {
			do(t, ctx, chromedp.Click("#continue"))
		}
		select {
		case form := <-got:
			for _, f := range fields {
				if form.Get(f.Name) != f.Value {
					t.Errorf("scripts %v: %s is %q, want %q", scripts, f.Name, form.Get(f.Name), f.Value)
				}
			}
		case <-time.After(20 * time.Second):
			t.Errorf("scripts %v: nothing arrived", scripts)
		}
		do(t, ctx, chromedp.WaitReady("#arrived"))
	}
	do(t, ctx, scripting(true))
}

func scripting(on bool) step {
	return chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !on})
		return err
	})
}

// nextStop waits until the focus has moved and returns where it is.
const nextStop = `new Promise(done => {
	const look = () => {
		const e = document.activeElement;
		if (e === (window.before ?? document.body)) return requestAnimationFrame(look);
		window.before = e;
		done(e.id || (e.dataset.reveal ? "reveal" : e.tagName));
	};
	look();
})`

// A person with a keyboard meets the fields of the sign-in page in order, and after a mistake begins at the summary.
func testKeyboard(t *testing.T, ctx context.Context, server string) {
	for sample, want := range map[string]string{
		"login-client": "identifier password reveal sign-in",
		"login-wrong":  "problem identifier password reveal sign-in",
		"login-again":  "password reveal sign-in not-you",
	} {
		do(t, ctx, chromedp.Navigate(server+"/page/"+sample), chromedp.WaitReady("main"))
		var stops []string
		for range strings.Fields(want) {
			stops = append(stops, get[string](t, ctx, nextStop))
			do(t, ctx, chromedp.KeyEvent("\t"))
		}
		if got := strings.Join(stops, " "); got != want {
			t.Errorf("%s: stops at %q, want %q", sample, got, want)
		}
	}
}

// The button beside the password shows and hides it, and a shown password is hidden again before it is sent.
func testReveal(t *testing.T, ctx context.Context, server string) {
	const kind = `document.getElementById("password").type`
	do(t, ctx, chromedp.Navigate(server+"/page/login"), chromedp.WaitVisible("[data-reveal]"))
	got := []string{get[string](t, ctx, kind)}
	for range 2 {
		do(t, ctx, chromedp.Click("[data-reveal]"))
		got = append(got, get[string](t, ctx, kind))
	}
	do(t, ctx, chromedp.Click("[data-reveal]"))
	got = append(got, get[string](t, ctx, `document.getElementById("login").dispatchEvent(new Event("submit")); `+kind))
	if want := []string{"password", "text", "password", "password"}; !slices.Equal(got, want) {
		t.Errorf("types %q, want %q", got, want)
	}
}

// The button that allows is dead when the page appears, and comes to life.
func testPause(t *testing.T, ctx context.Context, server string) {
	do(t, ctx, chromedp.Navigate(server+"/page/consent"), chromedp.WaitEnabled("#allow"))
	if !get[bool](t, ctx, `document.querySelectorAll("#allow[data-paused]").length === 1`) {
		t.Error("the button was never dead")
	}
}
