package provider_test

import (
	"errors"
	"net/url"
	"testing"

	"signet/provider"
	"signet/provider/account"
	"signet/storage"
)

// end is a way in which what a person granted ends, or in which it must not go on.
type end struct {
	name string
	// offline tells that offline grants survive it.
	offline bool
	do      func(w *world, b provider.Browser) error
}

func edit(change func(*provider.Client)) func(*world, provider.Browser) error {
	return func(w *world, _ provider.Browser) error {
		return w.EditClient(w.t.Context(), "app", func(c *provider.Client) error { change(c); return nil })
	}
}

var ends = []end{
	{"person disabled", false, func(w *world, _ provider.Browser) error { return w.accounts.SetDisabled(w.t.Context(), "ada", true) }},
	{"person disabled and enabled", false, func(w *world, _ provider.Browser) error {
		if err := w.accounts.SetDisabled(w.t.Context(), "ada", true); err != nil {
			return err
		}
		return w.accounts.SetDisabled(w.t.Context(), "ada", false)
	}},
	{"person removed", false, func(w *world, _ provider.Browser) error { return w.accounts.RemovePerson(w.t.Context(), "ada") }},
	{"password changed", false, func(w *world, _ provider.Browser) error {
		return w.accounts.SetPassword(w.t.Context(), "ada", "correct horse battery staple")
	}},
	{"everything ended", false, func(w *world, _ provider.Browser) error { return w.accounts.EndEverything(w.t.Context(), "ada") }},
	{"left the group", false, func(w *world, _ provider.Browser) error {
		return w.accounts.RemoveMember(w.t.Context(), "staff", "ada")
	}},
	{"session ended", true, func(w *world, b provider.Browser) error { return w.endSession(b) }},
	{"client disabled", false, edit(func(c *provider.Client) { c.Disabled = true })},
	{"client disabled and enabled", false, func(w *world, b provider.Browser) error {
		if err := edit(func(c *provider.Client) { c.Disabled = true })(w, b); err != nil {
			return err
		}
		return edit(func(c *provider.Client) { c.Disabled = false })(w, b)
	}},
	{"client removed", false, func(w *world, _ provider.Browser) error { return w.RemoveClient(w.t.Context(), "app") }},
	{"scope removed", false, edit(func(c *provider.Client) { c.Scopes = []string{"openid", "offline_access"} })},
	{"scope removed and put back", false, func(w *world, b provider.Browser) error {
		if err := edit(func(c *provider.Client) { c.Scopes = []string{"openid", "offline_access"} })(w, b); err != nil {
			return err
		}
		return edit(func(c *provider.Client) { c.Scopes = provider.StandardScopes() })(w, b)
	}},
	{"grant type removed", false, edit(func(c *provider.Client) { c.GrantTypes = []string{"authorization_code"} })},
	{"client for another group", false, edit(func(c *provider.Client) { c.Groups = []string{"board"} })},
}

// What has ended is refused at the next request: at userinfo, at introspection and when refreshing, on this node and on
// another one, for opaque tokens and JWTs, for grants of a session and for offline ones. A code that waits is refused, too.
func TestAttack_AC05_EndedAtTheNextRequest(t *testing.T) {
	for _, end := range ends {
		for _, format := range []string{"opaque", "jwt"} {
			for _, scope := range []string{"openid email", "openid email offline_access"} {
				t.Run(end.name+", "+format+", "+scope, func(t *testing.T) { wantEnded(t, end, format, scope) })
			}
		}
	}
}

func wantEnded(t *testing.T, end end, format, scope string) {
	w := newStillWorld(t, nil)
	rs := "rs:" + w.client(provider.Client{ID: "rs", IntrospectAll: true})
	w.enter("staff")
	auth := "app:" + w.client(provider.Client{ID: "app", AccessToken: format, FirstParty: true, RefreshAlways: true, Groups: []string{"staff"}})
	b := w.signIn(w.ada)
	waiting := w.code(b, params("app", "scope", scope))
	answer, e := w.token(auth, codeForm(w.code(b, params("app", "scope", scope))))
	if e != nil {
		t.Fatal(e)
	}
	alive := func(n *world) [4]bool {
		_, u := n.userInfo(answer["access_token"])
		_, r := n.token(auth, refreshForm(answer["refresh_token"]))
		return [4]bool{u == nil, n.says(rs, answer["access_token"]), n.says(auth, answer["refresh_token"]), r == nil}
	}
	nodes := []*world{w.afresh(nil), w}
	for _, n := range nodes {
		if got := alive(n); got != [4]bool{true, true, true, true} {
			t.Fatalf("before: %v", got)
		}
	}
	if err := end.do(w, b); err != nil {
		t.Fatal(err)
	}
	survives := end.offline && scope == "openid email offline_access"
	for _, n := range nodes {
		if got := alive(n); got != [4]bool{survives, survives, survives, survives} {
			t.Errorf("alive at userinfo, introspection of access and of refresh, when refreshing: %v, want %v", got, survives)
		}
	}
	for kind, text := range map[string]any{"code": waiting, "access token": answer["access_token"], "refresh token": answer["refresh_token"]} {
		if in, err := w.Inspect(t.Context(), text.(string)); err != nil || in.Kind != kind || in.Alive != survives || (in.Why == "") != survives {
			t.Errorf("inspecting the %s: %+v %v", kind, in, err)
		}
	}
	if _, e := w.token(auth, codeForm(waiting)); (e == nil) != survives {
		t.Errorf("the waiting code: %v", e)
	}
}

// says tells whether a token is said to be active; nothing is said to a client that is gone.
func (w *world) says(auth string, token any) bool {
	facts, err := w.introspect(post(auth, url.Values{"token": {token.(string)}}))
	return err == nil && facts["active"] == true
}

// enter puts ada into a group of that name.
func (w *world) enter(group string) {
	w.t.Helper()
	if _, err := w.accounts.AddGroup(w.t.Context(), account.Group{Name: group}); err != nil && !errors.Is(err, account.ErrTaken) {
		w.t.Fatal(err)
	}
	if err := w.accounts.AddMember(w.t.Context(), group, "ada"); err != nil {
		w.t.Fatal(err)
	}
	var err error
	if w.ada, err = w.accounts.FindPerson(w.t.Context(), "ada"); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) endSession(b provider.Browser) error {
	var batch storage.Batch
	if err := w.accounts.Sessions.End(&batch, b.Session); err != nil {
		return err
	}
	return w.db.Apply(w.t.Context(), batch)
}
