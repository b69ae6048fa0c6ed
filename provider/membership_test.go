package provider_test

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"sync"
	"testing"
	"time"

	"signet/provider"
	"signet/provider/account"
)

// groups adds groups, each with its parents: name, then those.
func (w *world) groups(groups ...[]string) {
	w.t.Helper()
	for _, g := range groups {
		if _, err := w.accounts.AddGroup(w.t.Context(), account.Group{Name: g[0], Parents: g[1:]}); err != nil {
			w.t.Fatal(err)
		}
	}
}

func (w *world) do(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// texts are the texts of a claim.
func texts(claim any) []string {
	var list []string
	if items, ok := claim.([]any); ok {
		for _, item := range items {
			list = append(list, fmt.Sprint(item))
		}
		return list
	}
	list, _ = claim.([]string)
	return list
}

// memberships are groups and roles as one way of telling them has them.
func memberships(claims map[string]any) string {
	return fmt.Sprint(texts(claims["groups"]), texts(claims["roles"]))
}

// wantMemberships compares what ID token, userinfo and JWT access token of one answer say.
func (w *world) wantMemberships(auth, when string, answer map[string]any, want string) {
	w.t.Helper()
	info, err := w.userInfo(answer["access_token"])
	if err != nil {
		w.t.Fatalf("%s: userinfo: %v", when, err)
	}
	for where, claims := range map[string]map[string]any{
		"ID token": w.claimsOf(answer["id_token"]), "access token": w.claimsOf(answer["access_token"]), "userinfo": info, "introspection": w.introspected(auth, answer["access_token"]),
	} {
		if got := memberships(claims); got != want {
			w.t.Errorf("%s: %s says %s, want %s", when, where, got, want)
		}
	}
}

// introspected is what a resource server learns of a token.
func (w *world) introspected(auth string, token any) map[string]any {
	w.t.Helper()
	text, _ := token.(string)
	facts, err := w.introspect(post(auth, url.Values{"token": {text}}))
	if err != nil || facts["active"] != true {
		w.t.Fatalf("introspection: %v, %v", facts, err)
	}
	return facts
}

// What is said of groups and roles follows nested groups, the client's record, and what has changed since the grant.
func TestMembership_StaysRightAfterRefresh(t *testing.T) {
	w := newWorld(t, nil)
	w.groups([]string{"Everybody"}, []string{"Staff", "everybody"}, []string{"Admins", "staff"}, []string{"wiki-writers"})
	w.do(w.accounts.AddMember(t.Context(), "admins", "ada"))
	auth := "app:" + w.client(provider.Client{
		ID: "app", FirstParty: true, AccessToken: "jwt", IDTokenClaims: true, RefreshAlways: true, Scopes: provider.StandardScopes(),
		Roles: []string{"reader=EVERYBODY", "owner=Admins", "editor=wiki-writers", "editor=Staff"},
	})
	answer := w.redeem(auth, params("app", "scope", "openid groups roles"))
	w.wantMemberships(auth, "at first", answer, "[Admins Everybody Staff] [editor owner reader]")

	again := func() map[string]any {
		t.Helper()
		fresh, err := w.token(auth, refreshForm(answer["refresh_token"]))
		if err != nil {
			t.Fatal(err)
		}
		if _, rotated := fresh["refresh_token"]; !rotated {
			fresh["refresh_token"] = answer["refresh_token"]
		}
		return fresh
	}
	w.do(w.accounts.AddMember(t.Context(), "wiki-writers", "ada"))
	w.do(w.accounts.RemoveMember(t.Context(), "admins", "ada"))
	w.wantMemberships(auth, "out of admins", again(), "[wiki-writers] [editor]")

	if _, err := w.accounts.EditGroup(t.Context(), "wiki-writers", func(g *account.Group) error { g.Parents = []string{"Staff"}; return nil }); err != nil {
		t.Fatal(err)
	}
	w.wantMemberships(auth, "the group has moved", again(), "[Everybody Staff wiki-writers] [editor reader]")

	w.do(w.EditClient(t.Context(), "app", func(c *provider.Client) error {
		c.GroupPrefixes, c.Roles = []string{"wiki-", "none"}, []string{"writer=wiki-writers"}
		return nil
	}))
	w.wantMemberships(auth, "the client's record has changed", again(), "[wiki-writers] [writer]")

	w.do(w.accounts.RemoveMember(t.Context(), "wiki-writers", "ada"))
	w.wantMemberships(auth, "in no group", again(), "[] []")
}

// Without the scopes nobody hears of groups; the claims parameter asks for one alone.
func TestMembership_IsReleasedByScope(t *testing.T) {
	w := newWorld(t, nil)
	w.groups([]string{"Staff"})
	w.do(w.accounts.AddMember(t.Context(), "staff", "ada"))
	auth := "app:" + w.client(provider.Client{
		ID: "app", FirstParty: true, AccessToken: "jwt", IDTokenClaims: true, Scopes: provider.StandardScopes(), Roles: []string{"editor=Staff"},
	})
	w.wantMemberships(auth, "without scopes", w.redeem(auth, params("app", "scope", "openid profile")), "[] []")
	answer := w.redeem(auth, params("app", "scope", "openid", "claims", `{"id_token":{"roles":null},"userinfo":{"groups":null}}`))
	info, err := w.userInfo(answer["access_token"])
	if err != nil || memberships(info) != "[Staff] []" {
		t.Errorf("userinfo says %s, %v", memberships(info), err)
	}
	if got := memberships(w.claimsOf(answer["id_token"])); got != "[] [editor]" {
		t.Errorf("the ID token says %s", got)
	}
	if got := memberships(w.claimsOf(answer["access_token"])); got != "[] []" {
		t.Errorf("the access token says %s", got)
	}
}

// TestAttack_AC05_LeftTheClientsGroup: who has left the group that a client is for, or whose group has, loses refresh and access
// at once, and has it again with the group.
func TestAttack_AC05_LeftTheClientsGroup(t *testing.T) {
	for _, format := range []string{"opaque", "jwt"} {
		w := newWorld(t, nil)
		w.groups([]string{"Staff"}, []string{"Admins", "staff"})
		w.do(w.accounts.AddMember(t.Context(), "admins", "ada"))
		auth := "app:" + w.client(provider.Client{ID: "app", FirstParty: true, AccessToken: format, RefreshAlways: true, Groups: []string{"STAFF"}})
		ada := func() *account.Person {
			p, err := w.accounts.FindPerson(t.Context(), "ada")
			w.do(err)
			return p
		}
		w.ada = ada()
		answer := w.redeem(auth, params("app"))
		move := func(parents ...string) {
			t.Helper()
			_, err := w.accounts.EditGroup(t.Context(), "admins", func(g *account.Group) error { g.Parents = parents; return nil })
			w.do(err)
		}
		for how, leave := range map[string]func(){
			"the person": func() { w.do(w.accounts.RemoveMember(t.Context(), "admins", "ada")) },
			"the group":  func() { move() },
		} {
			leave()
			if _, err := w.token(auth, refreshForm(answer["refresh_token"])); err == nil || err.OAuth != "invalid_grant" {
				t.Errorf("%s, %s left: refresh: %v", format, how, err)
			}
			if _, err := w.userInfo(answer["access_token"]); err == nil {
				t.Errorf("%s, %s left: userinfo answers", format, how)
			}
			_, err := w.Authorize(t.Context(), params("app"), w.signIn(ada()))
			wantCode(t, err, "E-CONSENT-02")
			w.do(w.accounts.AddMember(t.Context(), "admins", "ada"))
			move("Staff")
			if _, err := w.token(auth, refreshForm(answer["refresh_token"])); err != nil {
				t.Errorf("%s, %s is back: refresh: %v", format, how, err)
			}
		}
	}
}

// The groups of the policy are those of nested members, too.
func TestMembership_OfThePolicy(t *testing.T) {
	w := newWorld(t, func(c *provider.Config) {
		c.SignIn = provider.SignInPolicy{SecondFactor: provider.FactorAdmins, Admins: []string{"admins"}}
	})
	w.groups([]string{"Admins"}, []string{"Operators", "Admins"})
	for _, want := range []bool{false, true} {
		ada, err := w.accounts.FindPerson(t.Context(), "ada")
		w.do(err)
		if got, err := w.DemandsFactor(t.Context(), ada); got != want || err != nil {
			t.Errorf("demands %v, %v, want %v", got, err, want)
		}
		w.do(w.accounts.AddMember(t.Context(), "operators", "ada"))
	}
}

func TestMembership_RefusesRoles(t *testing.T) {
	w := newWorld(t, nil)
	for _, roles := range [][]string{{"editor"}, {"=staff"}, {"editor="}, {" editor=staff"}, {"edi\ntor=staff"}, slices.Repeat([]string{"a=b"}, 101)} {
		_, err := w.AddClient(t.Context(), &provider.Client{ID: "app", RedirectURIs: []string{callback}, Roles: roles})
		if err == nil {
			t.Errorf("%.40q: accepted", roles)
		}
	}
	for _, prefix := range []string{"", " x", "\n"} {
		_, err := w.AddClient(t.Context(), &provider.Client{ID: "app", RedirectURIs: []string{callback}, GroupPrefixes: []string{prefix}})
		if err == nil {
			t.Errorf("prefix %q: accepted", prefix)
		}
	}
}

// Nodes that link groups to a circle at the same moment: one link fails, and every node hears of the others.
func TestMembership_OnManyNodes(t *testing.T) {
	onEngines(t, nil, func(t *testing.T, c cluster) {
		c[0].groups([]string{"0"}, []string{"1"}, []string{"2"})
		c[0].do(c[0].accounts.AddMember(t.Context(), "0", "ada"))
		var wg sync.WaitGroup
		failed := make([]error, len(c))
		for i, n := range c {
			wg.Go(func() {
				_, failed[i] = n.accounts.EditGroup(t.Context(), fmt.Sprint(i), func(g *account.Group) error {
					g.Parents = []string{fmt.Sprint((i + 1) % len(c))}
					return nil
				})
			})
		}
		wg.Wait()
		broken := slices.IndexFunc(failed, func(err error) bool { return err != nil })
		if broken < 0 || slices.ContainsFunc(failed[broken+1:], func(err error) bool { return err != nil }) || !errors.Is(failed[broken], account.ErrInvalidProfile) {
			t.Fatalf("one of three links has to fail: %v", failed)
		}
		for i, n := range c {
			n.waitForGroups(broken+1, i)
		}
	})
}

// waitForGroups waits until a node knows that ada is in that many groups.
func (w *world) waitForGroups(want, node int) {
	w.t.Helper()
	var groups []string
	for range 1000 {
		ada, err := w.accounts.Person(w.t.Context(), w.ada.Subject)
		w.do(err)
		groups, err = w.accounts.GroupsOf(w.t.Context(), ada)
		w.do(err)
		if len(groups) == want {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	w.t.Fatalf("node %d knows of %q, want %d", node, groups, want)
}
