package handlers_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"signet/handlers"
	"signet/handlers/robot"
	"signet/provider"
	"signet/provider/account"
)

// keptOut are the states in which an account is good for nothing, with what makes it so, and what the sign-in page says of it to
// whoever knows the password.
var keptOut = []struct {
	state account.State
	set   func(w *world)
	said  string
}{
	{account.StateDisabled, func(w *world) { w.check(w.accounts.SetDisabled(w.t.Context(), "ada", true)) }, "name or the password is not right"},
	{account.StateLocked, edit(func(p *account.Person) { p.Locked = "the laptop was stolen" }), "the laptop was stolen"},
	{account.StateExpired, edit(func(p *account.Person) { p.Expires = p.Created }), "time of this account has passed"},
	{"expired by itself", func(w *world) {
		edit(func(p *account.Person) { p.Expires = w.now().Unix() + 1 })(w)
		w.pass(2 * time.Second)
	}, "time of this account has passed"},
	{account.StateLeaving, func(w *world) {
		_, err := w.accounts.LeaveNow(w.t.Context(), "ada", time.Hour)
		w.check(err)
	}, "about to be deleted"},
}

func edit(change func(*account.Person)) func(*world) {
	return func(w *world) {
		_, err := w.accounts.EditPerson(w.t.Context(), "ada", func(p *account.Person) error {
			change(p)
			return nil
		})
		w.check(err)
	}
}

// everywhere is a world in which ada has every way in, and a client every grant.
type everywhere struct {
	*world
	phone *phone
	app   app
}

func newEverywhere(t testing.TB) everywhere {
	t.Helper()
	w := newMailWorld(t, func(c *handlers.Config) { limits(c) })
	w.party = account.RelyingParty{ID: "id.example.test", Origin: issuer, Name: "Signet"}
	w.configure = func(c *provider.Config) {
		c.SignUp, c.SignIn = true, provider.SignInPolicy{SecondFactor: provider.FactorOptional}
	}
	w.restart(cheapPasswords)
	_, err := w.provider.AddClient(t.Context(), &provider.Client{ID: "tv", Name: "Television", AuthMethod: "none", GrantTypes: []string{provider.GrantDevice}})
	w.check(err)
	return everywhere{world: w, phone: w.phone()}
}

// introspected tells whether the client is told that a token lives.
func (w *world) introspected(token string) bool {
	r := w.request(http.MethodPost, "/introspect", url.Values{"token": {token}}.Encode())
	r.SetBasicAuth("app", w.secret)
	return w.decode(w.do(r))["active"] == true
}

// waysIn is the table of paths: each prepares while ada is welcome, and returns what tells whether it still lets her in.
var waysIn = map[string]func(w everywhere) (in func() bool){
	"password": func(w everywhere) func() bool {
		return func() bool { return w.signedInAs(signIn(w.browser().Get("/login"), "ada")) != "" }
	},
	"password, on the way to a client": func(w everywhere) func() bool {
		return func() bool { return !signIn(w.browser().Get(authorizeURL()), "ada").Has("login") }
	},
	"passkey": func(w everywhere) func() bool {
		w.phone.enrol(w.signedIn("ada"), "phone")
		return func() bool { return w.signedInAs(w.phone.signIn(w.browser().Get("/login"))) != "" }
	},
	"second factor": func(w everywhere) func() bool {
		app := w.setUp(w.signedIn("ada"))
		half := w.halfway("/login")
		return func() bool { return w.signedInAs(enterCode(half, app.fresh())) != "" }
	},
	"second factor by passkey": func(w everywhere) func() bool {
		w.phone.enrol(w.signedIn("ada"), "phone")
		half := signIn(w.browser().Get("/login"), "ada")
		fields := w.phone.answer(half, "/login/passkey?pending="+url.QueryEscape(half.URL().Query().Get("pending")))
		return func() bool { return w.signedInAs(half.Submit("passkey-form", fields)) != "" }
	},
	"session": func(w everywhere) func() bool {
		b := w.signedIn("ada")
		return func() bool { return w.signedInAs(b) != "" }
	},
	"authorization of a session": func(w everywhere) func() bool {
		b := w.signedIn("ada")
		w.code(b)
		return func() bool { return b.Get(authorizeURL()).Left() }
	},
	"prompt=none": func(w everywhere) func() bool {
		b := w.signedIn("ada")
		w.code(b)
		return func() bool { return b.Get(authorizeURL("prompt", "none")).URL().Query().Get("code") != "" }
	},
	"code": func(w everywhere) func() bool {
		code := w.code(w.signedIn("ada"))
		return func() bool { return w.redeem(code).Code == http.StatusOK }
	},
	"userinfo": func(w everywhere) func() bool {
		got := w.tokensOf(w.signedIn("ada"), "openid")
		return func() bool { access, _ := w.live(got); return access }
	},
	"introspection": func(w everywhere) func() bool {
		got := w.tokensOf(w.signedIn("ada"), "openid offline_access")
		return func() bool { return w.introspected(got.access) || w.introspected(got.refresh) }
	},
	"refresh": func(w everywhere) func() bool {
		got := w.tokensOf(w.signedIn("ada"), "openid offline_access")
		return func() bool { _, refresh := w.live(got); return refresh }
	},
	"device, typed": func(w everywhere) func() bool {
		device := w.waiting()
		b := typeCode(w.signedIn("ada"), device["user_code"])
		return func() bool {
			if b.Has("device-consent") {
				b.Press("allow", nil)
			}
			return w.poll(device) == ""
		}
	},
	"device, approved": func(w everywhere) func() bool {
		device := w.waiting()
		typeCode(w.signedIn("ada"), device["user_code"]).Press("allow", nil)
		return func() bool { return w.poll(device) == "" }
	},
	"recovery, asked after": func(w everywhere) func() bool {
		return func() bool {
			before := len(w.mails.all())
			w.askRecovery(w.browser(), "ada")
			written := w.mails.all()[before:]
			return len(written) != 1 || written[0].Kind == account.LetterRecover
		}
	},
	"recovery, asked before": func(w everywhere) func() bool {
		w.askRecovery(w.browser(), "ada")
		path := w.mails.newest(w.t, account.LetterRecover).Facts["path"]
		return func() bool { return w.browser().Get(path).Has("password-form") }
	},
	"confirmation of an address": func(w everywhere) func() bool {
		w.signedIn("ada").Get("/account/email").Submit("email-form", url.Values{"email": {"new@example.test"}})
		path := w.mails.newest(w.t, account.LetterVerify).Facts["path"]
		return func() bool { return w.browser().Get(path).Has("confirm") }
	},
}

// A-H05: every way in × every state that keeps somebody out, at its start and at its end.
func TestAttack_AH05_EveryPathInEveryState(t *testing.T) {
	for path, prepare := range waysIn {
		t.Run(path, func(t *testing.T) {
			if w := newEverywhere(t); !prepare(w)() {
				t.Fatal("does not even let in who is welcome: nothing is tested")
			}
			for _, k := range keptOut {
				w := newEverywhere(t)
				in := prepare(w)
				k.set(w.world)
				if in() {
					t.Errorf("%s: lets her in", k.state)
				}
			}
		})
	}
}

// A-H05: once an account is good again, what was issued before it was not stays ended.
func TestAttack_AH05_NothingComesBack(t *testing.T) {
	for _, k := range keptOut {
		w := newEverywhere(t)
		b := w.signedIn("ada")
		got := w.tokensOf(b, "openid offline_access")
		k.set(w.world)
		edit(func(p *account.Person) { p.Disabled, p.Locked, p.Expires = false, "", 0 })(w.world)
		if k.state == account.StateLeaving {
			_, err := w.accounts.RestoreNow(t.Context(), "ada")
			w.check(err)
		}
		if access, refresh := w.live(got); access || refresh || w.signedInAs(b) != "" {
			t.Errorf("%s: session, access or refresh token is alive again", k.state)
		}
		if w.signedInAs(signIn(w.browser().Get("/login"), "ada")) != "ada" {
			t.Errorf("%s: she cannot sign in again", k.state)
		}
	}
}

// A-H01, experience §3.11: what is wrong with an account is said to whoever knows its password, and to nobody else.
func TestAttack_AH01_StateOnlyAfterProof(t *testing.T) {
	page := func(w everywhere, name, password string) *robot.Browser {
		return w.browser().Get("/login").Submit("login", url.Values{"identifier": {name}, "password": {password}})
	}
	for _, k := range keptOut {
		w := newEverywhere(t)
		k.set(w.world)
		stranger := seen(page(w, "ada", "a guess of somebody"))
		if nobody := seen(page(w, "nobody", "a guess of somebody")); strings.ReplaceAll(stranger, "ada", "nobody") != nobody {
			t.Errorf("%s: a stranger sees\n%s\nin place of\n%s", k.state, stranger, nobody)
		}
		if b := page(w, "ada", password); !strings.Contains(b.TextOf("problem-text"), k.said) || b.Status() != http.StatusBadRequest {
			t.Errorf("%s: ada sees %d %q", k.state, b.Status(), b.TextOf("problem-text"))
		}
	}
}

// What a person with a passkey is told.
func TestLocked_PasskeyIsToldWhy(t *testing.T) {
	w := newEverywhere(t)
	w.phone.enrol(w.signedIn("ada"), "phone")
	edit(func(p *account.Person) { p.Locked = "<b>call</b> 5555" })(w.world)
	b := w.phone.signIn(w.browser().Get("/login"))
	if !strings.Contains(b.TextOf("problem-text"), "<b>call</b> 5555") || strings.Contains(b.Body(), "<b>call") {
		t.Errorf("%s", b.Text())
	}
}
