package conformance

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"signet/e2e"
	"signet/handlers/robot"
)

// run is one run of one module with one variant.
type run struct {
	variant
	module string
	t      *testing.T

	provider *provider
	place    *place
	browser  *robot.Browser
	metadata metadata
	keys     keySet
	client   *client
	second   *client // of the few modules that want another
	clients  []*client
	typed    url.Values // into fields of the page, by their ids
	// verifier is that of the present request's PKCE, audience what client assertions are for, if it is not the token endpoint.
	verifier, audience string
	// placeholder is what the module wants a picture of, until it has one.
	placeholder string

	// What was found: problems are failures of the module, notes are warnings, pictures are pages that a person must look at.
	problems, notes, pictures []string
	skipped                   string
}

// ended is what a module that cannot go on panics with.
var ended = errors.New("the module ends")

// fail says what is wrong and ends the module.
func (m *run) fail(format string, args ...any) {
	m.want(false, format, args...)
	panic(ended)
}

// want says what is wrong unless ok, and goes on.
func (m *run) want(ok bool, format string, args ...any) {
	if !ok {
		m.problems = append(m.problems, fmt.Sprintf(format, args...))
	}
}

// need ends the module unless ok.
func (m *run) need(ok bool, format string, args ...any) {
	if !ok {
		m.fail(format, args...)
	}
}

// warn says what is not as it should be, unless ok.
func (m *run) warn(ok bool, format string, args ...any) {
	if !ok {
		m.notes = append(m.notes, fmt.Sprintf(format, args...))
	}
}

// skip ends a module that tries what the provider does not have.
func (m *run) skip(format string, args ...any) {
	m.skipped = fmt.Sprintf(format, args...)
	panic(ended)
}

// look keeps what a person would have to look at in the Foundation's suite.
func (m *run) look(what string) { m.pictures = append(m.pictures, what) }

// ran is what a protected call needs of an error.
func (m *run) ran(err error) {
	if err != nil {
		m.fail("%v", err)
	}
}

// now is the provider's time, wait lets some of it pass.
func (m *run) now() time.Time { return m.provider.now() }

func (m *run) wait(by time.Duration) { m.ran(m.provider.advance(by)) }

// codeType, tokenType and idTokenType tell what the response type has.
func (v variant) codeType() bool    { return hasWord(v.responseType, "code") }
func (v variant) tokenType() bool   { return hasWord(v.responseType, "token") }
func (v variant) idTokenType() bool { return hasWord(v.responseType, "id_token") }

func hasWord(list, word string) bool { return strings.Contains(" "+list+" ", " "+word+" ") }

// random is a value nobody can guess, n bytes of it.
func random(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b)
	return base64.RawURLEncoding.EncodeToString(b)
}

// where is where the browser is, in short, and what it reads there.
func (m *run) where() string {
	u, text := *m.browser.URL(), m.browser.Text()
	u.RawQuery, u.Fragment, u.RawFragment = "", "", ""
	if m.browser.Has("submission_complete") {
		text = ""
	}
	return u.String() + " " + text
}

// observer is the testing.TB of a module's robot: what would end the test ends the module.
type observer struct {
	testing.TB
	m *run
}

func (o observer) Helper() {}

func (o observer) Fatalf(format string, args ...any) { o.m.fail(format, args...) }

// verdict is how a module ended, in the words of the Foundation's suite.
type verdict string

const (
	passed  verdict = "PASSED"
	review  verdict = "REVIEW"
	warning verdict = "WARNING"
	skipped verdict = "SKIPPED"
	failed  verdict = "FAILED"
	// untested is where the machine lacks something.
	untested verdict = "NOT TESTED"
)

func (m *run) verdict() verdict {
	switch {
	case len(m.problems) > 0:
		return failed
	case m.skipped != "":
		return skipped
	case len(m.notes) > 0:
		return warning
	case len(m.pictures) > 0:
		return review
	}
	return passed
}

// play runs the module's steps between setting up and tearing down.
func (m *run) play(steps func(*run)) {
	if m.alone() {
		m.provider.mu.Lock()
		defer m.provider.mu.Unlock()
	} else {
		m.provider.mu.RLock()
		defer m.provider.mu.RUnlock()
	}
	m.guard(func() {
		m.discover()
		steps(m)
	})
	m.guard(m.tearDown)
}

// guard lets a module end.
func (m *run) guard(f func()) {
	defer func() {
		if r := recover(); r != nil && r != any(ended) {
			panic(r)
		}
	}()
	f()
}

// module runs a module in all plans that have it. It is named by its test, TestModule_oidcc_server for oidcc-server.
func module(t *testing.T, steps func(*run)) {
	if testing.Short() {
		t.Skip("hundreds of sign-ins")
	}
	t.Parallel()
	name := moduleOf(t.Name())
	if name == "" {
		t.Fatal("no plan has this module")
	}
	for _, v := range variantsOf(name) {
		t.Run(v.name(), func(t *testing.T) {
			t.Parallel()
			one(t, name, v, steps)
		})
	}
}

// one runs a module with a variant and judges how it ended.
func one(t *testing.T, name string, v variant, steps func(*run)) {
	p, err := v.provider(name)
	if errors.Is(err, errMissing) {
		record(&run{variant: v}, untested)
		e2e.Missing(t, err.Error())
	}
	if err != nil {
		t.Fatal(err)
	}
	m := newRun(t, name, v, p)
	m.play(steps)
	judge(t, m)
}

func newRun(t *testing.T, name string, v variant, p *provider) *run {
	m := &run{variant: v, module: name, t: t, provider: p, place: theParty().open(placeOf(v)), typed: url.Values{}}
	m.browser = robot.New(observer{m: m}, p.issuer)
	m.browser.Transport = p.server.Transport
	return m
}

// placeOf is where a module is at the relying party: static clients are registered with an address that all share.
func placeOf(v variant) string {
	if v.static {
		return "a/signet" // the alias in the suite's file
	}
	return random(12)
}

// judge fails the test if the module ended otherwise than it must.
func judge(t *testing.T, m *run) {
	end := m.verdict()
	record(m, end)
	for _, problem := range m.problems {
		t.Error(problem)
	}
	for _, note := range m.notes {
		t.Errorf("WARNING: %s", note)
	}
	if end == skipped {
		if reason := decidedSkips[m.module]; reason == "" {
			t.Errorf("SKIPPED, which nobody has decided: %s", m.skipped)
		}
		t.Logf("SKIPPED: %s", m.skipped)
	}
	for _, picture := range m.pictures {
		t.Logf("REVIEW: %s", picture)
	}
}
