package handlers_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"signet/handlers/robot"
	"signet/provider"
	"signet/provider/account"
)

// proofs are what somebody at a browser has shown to be true.
type proofs struct {
	// password is when the right one was typed, mail when the newest mail was used that this browser had asked for, factor when a code was
	// that had not been used.
	password, mail, factor time.Time
}

// first tells whether there was a first factor.
func (p *proofs) first() bool { return !p.password.IsZero() || !p.mail.IsZero() }

// signInModel walks through the pages of signing in, two factors and recovery, in whatever order, and keeps account of what was proved.
// Whoever is signed in must have proved both factors; a new password is nobody's who has not the link.
type signInModel struct {
	w        *world
	random   *rand.Rand
	browsers []*robot.Browser
	shown    map[*robot.Browser]*proofs
	// forms are what was posted before, to be posted again by anybody.
	forms    []oldForm
	password string
	app      app
	codes    []string
	used     []string
	steps    []string
	// mailed is the newest mail to sign in with, asker the browser that asked for it.
	mailed account.Letter
	asker  *robot.Browser
}

type oldForm struct {
	path string
	form url.Values
}

func (m *signInModel) note(format string, args ...any) {
	m.steps = append(m.steps, fmt.Sprintf(format, args...))
}

// post fills a form of the page, if it is there, and keeps it.
func (m *signInModel) post(b *robot.Browser, form string, fields url.Values) bool {
	if b.Left() || !b.Has(form) {
		return false
	}
	path := b.Attribute(form, "action")
	all := maps.Clone(fields)
	for _, name := range []string{"form_token", "request", "pending", "link", "setup", "mailed"} {
		if value := b.Field(form, name); value != "" {
			all[name] = []string{value}
		}
	}
	m.forms = append(m.forms, oldForm{path, all})
	b.Submit(form, fields)
	return true
}

func (m *signInModel) typePassword(b *robot.Browser, right bool) {
	word := "a wrong one"
	if right {
		word = m.password
	}
	if m.post(b, "login", url.Values{"identifier": {"ada"}, "password": {word}}) && right && b.Status() != http.StatusTooManyRequests {
		m.shown[b].password = m.w.now()
	}
}

// typeCode proves the second factor if the code is new and the page asked for it.
func (m *signInModel) typeCode(b *robot.Browser, right bool) {
	code := "000000"
	switch {
	case right:
		code = m.app.fresh()
	case len(m.used) > 0:
		code = m.used[len(m.used)-1]
	}
	if m.post(b, "code-form", url.Values{"code": {code}}) && right {
		m.used = append(m.used, code)
		m.shown[b].factor = m.w.now()
	}
}

func (m *signInModel) typeRecovery(b *robot.Browser, right bool) {
	code := "aaaa-bbbb-cccc-dddd-eeee-ffff"
	if right && len(m.codes) > 0 {
		code = m.codes[0]
	}
	if m.post(b, "recovery-form", url.Values{"recovery": {code}}) && right && len(m.codes) > 0 {
		m.codes = m.codes[1:]
		m.shown[b].factor = m.w.now()
	}
}

// askMail asks for a code and a link to sign in with.
func (m *signInModel) askMail(b *robot.Browser) {
	if b.Get("/login"); !b.Has("by-mail") {
		return
	}
	before := len(m.w.mails.all())
	b.Press("by-mail", url.Values{"identifier": {"ada"}})
	if letters := m.w.mails.all(); len(letters) > before && letters[len(letters)-1].Kind == account.LetterCode {
		m.mailed, m.asker = letters[len(letters)-1], b
	}
}

// typeMailed types the newest code, or a wrong one, in whichever browser waits for one.
func (m *signInModel) typeMailed(b *robot.Browser, right bool) {
	code := "0000 0000"
	if right && m.asker != nil {
		code = m.mailed.Facts["code"]
	}
	if b.URL().Path == "/login/code" && m.post(b, "code-form", url.Values{"code": {code}}) {
		m.mailProved(b, code)
	}
}

// openMailed opens the newest link, in the browser that asked or in another.
func (m *signInModel) openMailed(b *robot.Browser, press bool) {
	if m.asker == nil {
		return
	}
	if b.Get(m.mailed.Facts["path"]); press && m.post(b, "confirm", url.Values{}) {
		m.mailProved(b, m.mailed.Facts["code"])
	}
}

// mailProved notes that the newest mail was used where it may be.
func (m *signInModel) mailProved(b *robot.Browser, code string) {
	if m.asker == b && code == m.mailed.Facts["code"] && b.Status() != http.StatusTooManyRequests {
		m.shown[b].mail = m.w.now()
	}
}

// recover asks for a link, and may follow it: whoever has the link sets the password, and is signed in by that nowhere.
func (m *signInModel) recover(b *robot.Browser, follow bool) {
	m.w.askRecovery(b, "ada")
	letters := m.w.mails.all()
	if !follow || len(letters) == 0 || letters[len(letters)-1].Kind != account.LetterRecover {
		return
	}
	b.Get(letters[len(letters)-1].Facts["path"])
	if b.Has("confirm") {
		b.Press("confirm", nil)
	}
	next := fmt.Sprintf("a password that is number %d", m.random.IntN(1<<30))
	if !m.post(b, "password-form", url.Values{"password": {next}, "again": {next}}) {
		return
	}
	if _, err := m.w.accounts.Authenticate(m.w.t.Context(), "ada", next); err != nil {
		return
	}
	m.password = next
	for _, p := range m.shown { // everything is over, and nothing that was proved counts any more
		*p = proofs{}
	}
}

// again posts an old form from a browser, with that browser's token or with the old one.
func (m *signInModel) again(b *robot.Browser) {
	if len(m.forms) == 0 {
		return
	}
	old := m.forms[m.random.IntN(len(m.forms))]
	form := maps.Clone(old.form)
	if token := m.w.tokenFor(b, old.path); token != "" && m.random.IntN(2) == 0 {
		form["form_token"] = []string{token}
	}
	right := form.Get("password") == m.password && old.path == "/login"
	b.Post(old.path, form)
	if right {
		m.shown[b].password = m.w.now()
	}
	switch old.path {
	case "/login/code":
		m.mailProved(b, form.Get("code"))
	case "/login/link":
		m.mailProved(b, m.mailed.Facts["code"])
	}
}

var modelPlaces = []string{
	"/login", "/", "/login/mfa", "/account", "/account/security", "/account/security/app", "/account/password", "/recover",
	"/authorize?" + authorizeParams().Encode(), "/authorize?" + authorizeParams("acr_values", "2", "prompt", "login").Encode(), "/authorize?" + authorizeParams("max_age", "0").Encode(),
}

func (m *signInModel) step() {
	i := m.random.IntN(len(m.browsers))
	b := m.browsers[i]
	right := m.random.IntN(3) > 0
	what := m.random.IntN(16)
	m.note("browser %d does %d (%v) at %s", i, what, right, b.URL())
	switch what {
	case 0, 1, 2:
		m.typePassword(b, right)
	case 3, 4:
		if b.URL().Path != "/login/code" { // whose form has the same name
			m.typeCode(b, right)
		}
	case 5:
		m.typeRecovery(b, right)
	case 6:
		m.recover(b, right)
	case 7:
		m.again(b)
	case 8:
		if b.Get("/"); b.Has("sign-out-button") {
			b.Press("sign-out-button", nil)
			m.shown[b].factor = time.Time{}
		}
	case 9:
		m.w.pass(time.Duration(m.random.IntN(8)) * time.Minute)
	case 10:
		m.askMail(b)
	case 11, 12:
		m.typeMailed(b, right)
	case 13:
		m.openMailed(b, right)
	default:
		b.Get(modelPlaces[m.random.IntN(len(modelPlaces))])
	}
}

// judge looks at every browser: whoever is in has proved both factors.
func (m *signInModel) judge(t *testing.T) {
	t.Helper()
	for i, b := range m.browsers {
		p := m.shown[b]
		left := b.Left() && b.URL().Query().Get("code") != ""
		if m.w.signedInAs(m.w.same(b)) == "" && !left {
			continue
		}
		if !p.first() || p.factor.IsZero() {
			t.Fatalf("browser %d is in without proof (%+v) after\n%s", i, *p, strings.Join(m.steps, "\n"))
		}
	}
}

// No path through the pages leads past a proof (A-H15, A-H14).
func TestAttack_AH14_AH15_NoPathPastAProof(t *testing.T) {
	in, byMail := 0, 0
	for walk := range 24 {
		w := newWorld(t)
		w.mails = &mailbox{}
		w.codePolicy(func(*provider.SignInPolicy) {})
		w.check(ignore(w.accounts.EditPerson(t.Context(), "ada", func(p *account.Person) error { p.SetEmail(p.Email, true); return nil })))
		owner := w.signedIn("ada")
		m := &signInModel{w: w, random: rand.New(rand.NewPCG(uint64(walk), 7)), password: password, shown: map[*robot.Browser]*proofs{}}
		m.app, m.codes = w.setUp(owner), nil
		m.codes = w.recoveryCodes(owner)
		for range 2 {
			b := w.browser().Get("/login")
			m.browsers = append(m.browsers, b)
			m.shown[b] = &proofs{}
		}
		for range 60 {
			m.step()
			m.judge(t)
		}
		for _, b := range m.browsers {
			if w.signedInAs(w.same(b)) != "" {
				in++
			}
			if !m.shown[b].mail.IsZero() {
				byMail++
			}
		}
	}
	if in == 0 || byMail == 0 {
		t.Errorf("%d got in, %d used a mail: the walk proves nothing", in, byMail)
	}
}

func ignore[T any](_ T, err error) error { return err }
