package handlers_test

import (
	"crypto/rand"
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"signet/handlers/robot"
	"signet/provider"
	"signet/provider/account"
	"signet/provider/outbound"
	"signet/provider/upstream"
)

// pair is a world whose people sign in with another one, which is a whole provider of its own over TLS.
type pair struct {
	*world
	there  *world
	server *httptest.Server
	source upstream.Source
}

const there = "there"

// newPair makes both. change changes the source; it may be nil.
func newPair(t *testing.T, change func(*upstream.Source)) *pair {
	t.Helper()
	p := &pair{}
	var handler atomic.Pointer[world]
	p.server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.Load().ServeHTTP(w, r) }))
	t.Cleanup(p.server.Close)
	p.there = newWorldAt(t, p.server.URL, nil)
	handler.Store(p.there)
	_, err := p.there.accounts.EditPerson(t.Context(), "ada", func(a *account.Person) error { a.SetEmail("ada@example.test", true); return nil })
	p.there.check(err)

	p.world = newWorld(t)
	secret, err := p.there.provider.AddClient(t.Context(), &provider.Client{
		ID: "signet", Name: "Here", FirstParty: true, RedirectURIs: []string{issuer + "/upstream/there/callback"}, Scopes: []string{"openid", "profile", "email"},
		IDTokenClaims: true, BackchannelLogoutURI: issuer + "/upstream/there/logout",
	})
	p.check(err)
	p.source = upstream.Source{
		ID: there, Protocol: upstream.OIDC, Name: "There", Issuer: p.server.URL, ClientID: "signet", ClientSecret: secret, ClientAuth: "client_secret_basic", PKCE: "S256",
		Scopes: []string{"openid", "profile", "email"}, SubjectPath: "sub", EmailPath: "email", VerifiedPath: "email_verified", EmailVerified: upstream.VerifiedClaim,
		Claims: map[string]string{"name": "name", "username": "preferred_username"}, OnNew: provider.OnNewCreate, RefreshProfile: []string{"name"},
	}
	if change != nil {
		change(&p.source)
	}
	p.connectWorlds()
	return p
}

// connectWorlds builds the world here anew, with the source as it is now.
func (p *pair) connectWorlds() {
	p.t.Helper()
	roots := x509.NewCertPool()
	roots.AddCert(p.server.Certificate())
	policy := p.configure
	p.configure = func(c *provider.Config) {
		if policy != nil {
			policy(c)
		}
		out := outbound.New(outbound.Config{Roots: roots, AllowPrivate: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Clock: p.now})
		up, err := upstream.New(upstream.Config{DB: c.DB, Sealer: c.Sealer, Rand: rand.Reader, Outbound: out, Base: issuer, Sources: []upstream.Source{p.source}})
		p.check(err)
		c.Upstreams = up
	}
	p.restart(cheapPasswords)
}

// visits walks through the provider there as somebody, and returns the address at which the browser comes back here.
func (p *pair) visits(b *robot.Browser, name string) string {
	p.t.Helper()
	if !b.Left() || !strings.HasPrefix(b.URL().String(), p.server.URL) {
		p.t.Fatalf("not on the way there: %d %s %s", b.Status(), b.URL(), b.Text())
	}
	other := p.there.browser().Get(b.URL().RequestURI())
	signIn(other, name)
	if !other.Left() {
		p.t.Fatalf("not on the way back: %s", other.Text())
	}
	return other.URL().RequestURI()
}

// comes signs somebody in by way of there, from the sign-in page.
func (p *pair) comes(b *robot.Browser, name string) *robot.Browser {
	p.t.Helper()
	b.Get("/login").Press("source-there", nil)
	return b.Get(p.visits(b, name))
}

func (p *pair) person(name string) *account.Person {
	p.t.Helper()
	found, err := p.accounts.FindPerson(p.t.Context(), name)
	p.check(err)
	return found
}

// alone removes the people here that have the same names as those there.
func (p *pair) alone() {
	p.t.Helper()
	for _, name := range []string{"ada", "grace"} {
		p.check(p.accounts.RemovePerson(p.t.Context(), name))
	}
}

func TestUpstream_NewPersonAndAgain(t *testing.T) {
	p := newPair(t, nil)
	p.alone()
	first := p.comes(p.browser(), "ada")
	if p.signedInAs(first) != "ada" {
		t.Fatalf("signed in as %q: %s", p.signedInAs(first), first.Text())
	}
	ada := p.person("ada")
	if ada.Email != "ada@example.test" || !ada.EmailVerified || ada.Name != "Ada Lovelace" || ada.Password != "" {
		t.Errorf("%+v", ada)
	}
	sessions, err := p.accounts.Sessions.List(t.Context(), ada.Subject)
	p.check(err)
	if len(sessions) != 1 || !slices.Equal(sessions[0].AMR, []string{"fed"}) {
		t.Errorf("%+v", sessions)
	}
	second := p.comes(p.browser(), "ada")
	if p.signedInAs(second) != "ada" || p.person("ada").Subject != ada.Subject {
		t.Errorf("again: %s", second.Text())
	}
}

// An application's request goes on after the trip, and the application is told how the person was authenticated.
func TestUpstream_OnTheWayToAClient(t *testing.T) {
	p := newPair(t, nil)
	p.alone()
	b := p.browser().Get(authorizeURL("prompt", "login"))
	b.Press("source-there", nil)
	b.Get(p.visits(b, "ada"))
	if !b.Has("consent") {
		t.Fatalf("%s %s", b.URL(), b.Text())
	}
	b.Press("allow", nil)
	if !b.Left() || b.URL().Query().Get("code") == "" {
		t.Fatalf("%s %s", b.URL(), b.Text())
	}
}

// What the provider says later goes into the profile, unless the person has written something else.
func TestUpstream_RefreshesWhatIsNotTheirs(t *testing.T) {
	p := newPair(t, nil)
	p.alone()
	p.comes(p.browser(), "ada")
	rename := func(w *world, name string) {
		_, err := w.accounts.EditPerson(t.Context(), "ada", func(a *account.Person) error { a.Name = name; return nil })
		w.check(err)
	}
	rename(p.there, "Countess")
	if p.comes(p.browser(), "ada"); p.person("ada").Name != "Countess" {
		t.Errorf("not refreshed: %q", p.person("ada").Name)
	}
	rename(p.world, "My own")
	rename(p.there, "Lady")
	if p.comes(p.browser(), "ada"); p.person("ada").Name != "My own" {
		t.Errorf("overwritten: %q", p.person("ada").Name)
	}
}

// An address that both sides know connects nobody by itself: the account here has to be proved, once.
func TestAttack_AF01_AnAddressSignsNobodyIn(t *testing.T) {
	p := newPair(t, nil)
	_, err := p.accounts.EditPerson(t.Context(), "ada", func(a *account.Person) error { a.SetEmail("ada@example.test", true); return nil })
	p.check(err)
	b := p.comes(p.browser(), "ada")
	if !b.Has("prove-link") || p.signedInAs(b) != "" {
		t.Fatalf("signed in as %q at %s", p.signedInAs(b), b.URL())
	}
	b.Get("/link/confirm")
	if !b.Has("login") {
		t.Fatalf("no sign-in: %s", b.Text())
	}
	signIn(b, "ada")
	if !b.Has("confirm-link") {
		t.Fatalf("not asked: %s %s", b.URL(), b.Text())
	}
	b.Press("connect", nil)
	connected, err := p.accounts.Connections(t.Context(), p.person("ada").Subject)
	p.check(err)
	if len(connected) != 1 || connected[0].Source != there {
		t.Fatalf("%+v", connected)
	}
	if again := p.comes(p.browser(), "ada"); p.signedInAs(again) != "ada" {
		t.Errorf("%s", again.Text())
	}
}

// An address that is not verified there is as good as none: nobody learns from it that it is known here, and it is not taken over.
func TestAttack_AF01_UnverifiedAddresses(t *testing.T) {
	p := newPair(t, nil)
	_, err := p.there.accounts.EditPerson(t.Context(), "grace", func(a *account.Person) error { a.SetEmail("ada@example.test", false); return nil })
	if err == nil {
		t.Fatal("two people have one address there")
	}
	_, err = p.there.accounts.EditPerson(t.Context(), "ada", func(a *account.Person) error { a.SetEmail("grace@elsewhere.test", true); return nil })
	p.check(err)
	_, err = p.there.accounts.EditPerson(t.Context(), "grace", func(a *account.Person) error { a.SetEmail("ada@example.test", false); return nil })
	p.check(err)
	b := p.comes(p.browser(), "grace")
	name := p.signedInAs(b)
	if name == "ada" || name == "" || p.person(name).Email != "" {
		t.Errorf("%q %+v", name, p.person(name))
	}
}

// With link_by, two verified addresses connect; one that is not verified on either side does not.
func TestAttack_AF02_BothSidesMustHaveVerified(t *testing.T) {
	p := newPair(t, func(s *upstream.Source) { s.LinkBy = provider.LinkVerifiedEmail })
	if b := p.comes(p.browser(), "ada"); !b.Has("prove-link") {
		t.Fatalf("an address that is not verified here: %s", b.Text())
	}
	_, err := p.accounts.EditPerson(t.Context(), "ada", func(a *account.Person) error { a.SetEmail("ada@example.test", true); return nil })
	p.check(err)
	if b := p.comes(p.browser(), "ada"); p.signedInAs(b) != "ada" {
		t.Errorf("both verified: %s", b.Text())
	}
}

// Connecting needs the form of the person's own page, a sign-in of a moment ago, and a yes that names both accounts.
func TestAttack_AF04_LinkingIsAskedFor(t *testing.T) {
	p := newPair(t, nil)
	b := p.signedIn("grace")
	if out := p.do(p.request(http.MethodGet, "/account/connections?source=there", "")); out.Code == http.StatusSeeOther && strings.HasPrefix(out.Header().Get("Location"), p.server.URL) {
		t.Error("a link leads there")
	}
	b.PostFrom("https://evil.example", "/account/connections", url.Values{"source": {there}})
	if b.Left() {
		t.Fatal("a forged form leads there")
	}
	b.Get("/account/connections").Press("connect-there", nil)
	back := p.visits(b, "ada")
	b.Get(back)
	if !b.Has("confirm-link") || !strings.Contains(b.Text(), "Ada Lovelace") || !strings.Contains(b.Text(), "Grace Hopper") {
		t.Fatalf("%s %s", b.URL(), b.Text())
	}
	if list, _ := p.accounts.Connections(t.Context(), p.person("grace").Subject); len(list) != 0 {
		t.Fatal("connected without a yes")
	}
	b.Press("leave", nil)
	if list, _ := p.accounts.Connections(t.Context(), p.person("grace").Subject); len(list) != 0 {
		t.Error("connected after a no")
	}
	b.Get("/link/confirm")
	if b.Has("confirm-link") {
		t.Error("asked again after a no")
	}
	p.pass(11 * time.Minute)
	b.Get("/account/connections").Press("connect-there", nil)
	if b.Left() {
		t.Error("an old sign-in leads there")
	}
}

// What waits to be connected is one browser's and one person's, for ten minutes, once; an account there is one person's here.
func TestAttack_AF05_TheProofIsBound(t *testing.T) {
	p := newPair(t, nil)
	ada, grace := p.signedIn("ada"), p.signedIn("grace")
	ada.Get("/account/connections").Press("connect-there", nil)
	ada.Get(p.visits(ada, "ada"))
	var waiting *http.Cookie
	for _, c := range ada.Jar.Cookies(mustURL(issuer)) {
		if strings.HasSuffix(c.Name, "-waiting") {
			waiting = c
		}
	}
	grace.Jar.SetCookies(mustURL(issuer), []*http.Cookie{waiting})
	if grace.Get("/link/confirm"); grace.Has("confirm-link") {
		t.Error("another browser, another person")
	}
	token := ada.Field("confirm-link", "form_token")
	ada.Press("connect", nil)
	if list, _ := p.accounts.Connections(t.Context(), p.person("ada").Subject); len(list) != 1 {
		t.Fatalf("%+v: %s", list, ada.Text())
	}
	ada.Jar.SetCookies(mustURL(issuer), []*http.Cookie{waiting})
	ada.Post("/link/confirm", url.Values{"decision": {"connect"}, "form_token": {token}})
	if ada.TextOf("error-code") != "E-UP-02" {
		t.Errorf("twice: %s", ada.Text())
	}
	grace.Get("/account/connections").Press("connect-there", nil)
	grace.Get(p.visits(grace, "ada")).Press("connect", nil)
	if list, _ := p.accounts.Connections(t.Context(), p.person("grace").Subject); len(list) != 0 || grace.TextOf("error-code") != "E-UP-08" {
		t.Errorf("one account there, two people here: %s", grace.Text())
	}
}

// The state belongs to one browser and is good once; what the address of the sign-in page says of it counts for nothing.
func TestAttack_AF06_State(t *testing.T) {
	p := newPair(t, nil)
	p.alone()
	b := p.browser().Get("/login?state=KNOWN&redirect_uri=https://evil.example/")
	b.Press("source-there", url.Values{"state": {"KNOWN"}})
	if q := b.URL().Query(); q.Get("state") == "KNOWN" || len(q.Get("state")) < 43 || q.Get("redirect_uri") != issuer+"/upstream/there/callback" || q.Get("code_challenge") == "" || q.Get("nonce") == "" {
		t.Fatalf("%v", q)
	}
	back := p.visits(b, "ada")
	if other := p.browser().Get(back); p.signedInAs(other) != "" {
		t.Error("another browser")
	}
	if strange := p.browser().Get("/upstream/there/callback?code=x"); p.signedInAs(strange) != "" {
		t.Error("without a state")
	}
	if b.Get(back); p.signedInAs(b) != "ada" {
		t.Fatalf("%s", b.Text())
	}
	fresh := p.browser()
	fresh.Jar.SetCookies(mustURL(issuer), b.Jar.Cookies(mustURL(issuer)))
	if fresh.Get(back); fresh.TextOf("error-code") != "E-UP-02" {
		t.Errorf("twice: %s", fresh.Text())
	}
}

// A source that is disabled between the start and the end of a trip lets nobody in.
func TestAttack_AF12_DisabledBetween(t *testing.T) {
	p := newPair(t, nil)
	p.alone()
	b := p.browser().Get("/login").Press("source-there", nil)
	back := p.visits(b, "ada")
	off := p.source
	off.Disabled = true
	p.check(p.provider.Upstreams().Set([]upstream.Source{off}))
	if b.Get(back); b.TextOf("error-code") != "E-UP-01" || p.signedInAs(b) != "" {
		t.Errorf("%s", b.Text())
	}
}

// Who is disabled here stays out, however they come.
func TestAttack_AF13_DisabledHere(t *testing.T) {
	p := newPair(t, nil)
	p.alone()
	p.comes(p.browser(), "ada")
	p.check(p.accounts.SetDisabled(t.Context(), "ada", true))
	b := p.comes(p.browser(), "ada")
	if p.signedInAs(b) != "" || !p.person("ada").Disabled || strings.Contains(b.Text(), "disabled") {
		t.Errorf("%s", b.Text())
	}
}

// The second factor is asked for here, unless the operator trusts the source in that.
func TestAttack_AF14_SecondFactorIsAskedFor(t *testing.T) {
	p := newPair(t, nil)
	p.configure = func(c *provider.Config) { c.SignIn.SecondFactor = provider.FactorAll }
	p.connectWorlds()
	p.alone()
	b := p.comes(p.browser(), "ada")
	if b.URL().Path != "/login/mfa" {
		t.Fatalf("%s %s", b.URL(), b.Text())
	}
	if p.signedInAs(b) != "" {
		t.Error("signed in without")
	}
}

// Whatever goes wrong there leads back to the sign-in page, with words that are ours.
func TestAttack_AF19_ErrorsThere(t *testing.T) {
	p := newPair(t, nil)
	b := p.browser().Get(authorizeURL()).Press("source-there", nil)
	state := b.URL().Query().Get("state")
	b.Get("/upstream/there/callback?" + url.Values{"state": {state}, "error": {"access_denied"}, "error_description": {"<script>alert(1)</script>"}}.Encode())
	if !b.Has("login") || strings.Contains(b.Body(), "alert(1)") || b.TextOf("problem-text") == "" {
		t.Errorf("%d %s", b.Status(), b.Text())
	}
	if b.Field("sources", "request") == "" {
		t.Error("the request is lost")
	}
}

// The last way in cannot be disconnected; with a password the connection goes, and signs nobody in any more.
func TestUpstream_Disconnect(t *testing.T) {
	p := newPair(t, nil)
	p.alone()
	b := p.comes(p.browser(), "ada").Get("/account/connections").Press("disconnect-0", nil)
	if b.Status() != http.StatusConflict {
		t.Fatalf("%d %s", b.Status(), b.Text())
	}
	_, err := p.accounts.EditPerson(t.Context(), "ada", func(a *account.Person) error { a.Name = "Still here"; return nil })
	p.check(err)
	p.check(p.accounts.SetPassword(t.Context(), "ada", password))
	signIn(b.Get("/login"), "ada").Get("/account/connections").Press("disconnect-0", nil)
	if list, _ := p.accounts.Connections(t.Context(), p.person("ada").Subject); len(list) != 0 {
		t.Fatalf("%d %s", b.Status(), b.Text())
	}
	if again := p.comes(p.browser(), "ada"); !again.Has("prove-link") || p.signedInAs(again) != "" {
		t.Errorf("%s", again.Text())
	}
}

// on_new = deny makes no account, and says what to do.
func TestUpstream_OnNewDeny(t *testing.T) {
	p := newPair(t, func(s *upstream.Source) { s.OnNew = provider.OnNewDeny })
	p.alone()
	b := p.comes(p.browser(), "ada")
	if p.signedInAs(b) != "" || !b.Get("/login").Has("login") {
		t.Errorf("%s", b.Text())
	}
	if _, err := p.accounts.FindPerson(t.Context(), "ada"); err == nil {
		t.Error("an account was made")
	}
}

// Of two tabs both come in; the person is made once.
func TestUpstream_TwoTabs(t *testing.T) {
	p := newPair(t, nil)
	p.alone()
	one := p.browser().Get("/login").Press("source-there", nil)
	back1 := p.visits(one, "ada")
	one.Get("/login").Press("source-there", nil)
	back2 := p.visits(one, "ada")
	if one.Get(back1); p.signedInAs(one) != "ada" {
		t.Fatalf("%s", one.Text())
	}
	if one.Get(back2); p.signedInAs(one) != "ada" {
		t.Errorf("%s", one.Text())
	}
	if people, _, _ := p.accounts.ListPeople(t.Context(), "", "", 10); len(people) != 1 {
		t.Errorf("%d people", len(people))
	}
}

// A sign-out there ends here what came from there (OpenID Connect Back-Channel Logout 1.0).
func TestUpstream_Logout(t *testing.T) {
	p := newPair(t, nil)
	p.alone()
	b := p.comes(p.browser(), "ada")
	if out := p.do(p.request(http.MethodPost, "/upstream/there/logout", "logout_token=x.y.z", "Content-Type", "application/x-www-form-urlencoded")); out.Code != http.StatusBadRequest {
		t.Errorf("rubbish: %d %s", out.Code, out.Body)
	}
	if p.signedInAs(b) != "ada" {
		t.Error("signed out by rubbish")
	}
}

// on_new = invite takes whoever was invited at the address that the provider vouches for, once.
func TestUpstream_OnNewInvite(t *testing.T) {
	p := newPair(t, func(s *upstream.Source) { s.OnNew = provider.OnNewInvite })
	p.mails = &mailbox{}
	p.connectWorlds()
	p.alone()
	if b := p.comes(p.browser(), "ada"); p.signedInAs(b) != "" {
		t.Fatal("nobody invited her")
	}
	p.check(p.accounts.InviteNow(t.Context(), "ada@example.test", "en"))
	if b := p.comes(p.browser(), "ada"); p.signedInAs(b) != "ada" {
		t.Fatalf("invited: %s", b.Text())
	}
	p.check(p.accounts.RemovePerson(t.Context(), "ada"))
	if b := p.comes(p.browser(), "ada"); p.signedInAs(b) != "" {
		t.Error("the invitation was used")
	}
}

// Who has lost an account to somebody and recovers it is rid of what was connected meanwhile.
func TestAttack_AF03_RecoveryTakesConnectionsAway(t *testing.T) {
	p := newPair(t, nil)
	p.mails = &mailbox{}
	p.connectWorlds()
	_, err := p.accounts.EditPerson(t.Context(), "grace", func(a *account.Person) error { a.SetEmail("grace@example.test", true); return nil })
	p.check(err)
	thief := p.signedIn("grace")
	thief.Get("/account/connections").Press("connect-there", nil)
	thief.Get(p.visits(thief, "ada")).Press("connect", nil)
	if again := p.comes(p.browser(), "ada"); p.signedInAs(again) != "grace" {
		t.Fatalf("%s", again.Text())
	}
	b := p.browser().Get("/recover").Submit("ask", url.Values{"identifier": {"grace"}})
	b.Get(p.mails.newest(t, account.LetterRecover).Facts["path"])
	b.Submit("password-form", url.Values{"password": {"another good long password"}, "again": {"another good long password"}})
	if again := p.comes(p.browser(), "ada"); p.signedInAs(again) == "grace" {
		t.Error("the thief's account still signs in")
	}
	if p.signedInAs(thief) != "" {
		t.Error("the thief is still signed in")
	}
}

// A session that somebody left open at the other provider is no proof of a moment ago: not for the pages that want one, and not for an
// application that asks for one. The provider is asked to prove it anew, and believed only if it says that it did.
func TestAttack_AF04_AnOldSessionThereProvesNothing(t *testing.T) {
	p := newPair(t, nil)
	ada := p.signedIn("ada")
	ada.Get("/account/connections").Press("connect-there", nil)
	ada.Get(p.visits(ada, "ada")).Press("connect", nil)
	left := p.there.signedIn("ada")
	p.pass(3 * time.Hour)
	p.there.pass(3 * time.Hour)

	ada.Get("/account/password")
	if !ada.Has("login") {
		t.Fatalf("an old sign-in: %s", ada.Text())
	}
	ada.Press("source-there", nil)
	asked := ada.URL().Query()
	if asked.Get("prompt") != "login" || asked.Get("max_age") != "0" {
		t.Fatalf("asked: %v", asked)
	}
	// A provider that does not do what it is asked for.
	for _, name := range []string{"prompt", "max_age"} {
		asked.Del(name)
	}
	left.Get("/authorize?" + asked.Encode())
	if !left.Left() {
		t.Fatalf("there: %s", left.Text())
	}
	ada.Get(left.URL().RequestURI())
	if !ada.Has("login") || ada.TextOf("problem-text") == "" {
		t.Errorf("let in: %s %s", ada.URL(), ada.Text())
	}
	if ada.Get("/account/password"); ada.Has("password") && !ada.Has("login") {
		t.Error("the page opens")
	}

	ada.Press("source-there", nil)
	if ada.Get(p.visits(ada, "ada")); ada.Has("login") {
		t.Errorf("who has proved it anew is not let in: %s", ada.Text())
	}
}

// Whoever comes with nothing but an old session there is signed in, and is asked again where it matters.
func TestAttack_AF04_SignedOutAndInAgain(t *testing.T) {
	p := newPair(t, nil)
	ada := p.signedIn("ada")
	ada.Get("/account/connections").Press("connect-there", nil)
	ada.Get(p.visits(ada, "ada")).Press("connect", nil)
	left := p.there.signedIn("ada")
	p.pass(time.Hour)
	p.there.pass(time.Hour)
	b := p.browser().Get("/login").Press("source-there", nil)
	left.Get(b.URL().RequestURI())
	if b.Get(left.URL().RequestURI()); p.signedInAs(b) != "ada" {
		t.Fatalf("%s", b.Text())
	}
	if b.Get("/account/password"); !b.Has("login") {
		t.Errorf("the page opens: %s", b.Text())
	}
}
