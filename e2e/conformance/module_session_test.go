package conformance

import (
	"slices"
	"strconv"
	"testing"
	"time"
)

const second = time.Second

// promptLogin signs in twice.
func promptLogin(m *run) {
	m.register()
	first := m.signIn(m.request())
	m.wait(1 * second)
	p := m.request()
	p.set("prompt", "login")
	m.placeholder = "the sign-in page, though somebody is signed in"
	again := m.signIn(p)
	m.want(m.placeholder == "", "nobody was asked to sign in again")
	m.samePerson(first, again)
	before, known := m.authTime(first.idToken())
	after, knownAgain := m.authTime(again.idToken())
	m.want(known == knownAgain && (!known || after.After(before)), "auth_time %v after the second sign-in, %v before", after, before)
}

func TestModule_oidcc_prompt_login(t *testing.T) { module(t, promptLogin) }

func (m *run) samePerson(first, again *outcome) {
	m.want(first.subject() == again.subject(), "sub %s, and before %s", again.subject(), first.subject())
}

// nobodyThere asks silently where nobody is signed in.
func nobodyThere(m *run) {
	m.register()
	p := m.request()
	p.set("prompt", "none")
	p.set("state", random(96))
	m.failure(m.authorize(p), p, m.channel(), notNow...)
}

func TestModule_oidcc_prompt_none_not_logged_in(t *testing.T) { module(t, nobodyThere) }

// notNow are the errors of a request that must not ask anybody (OIDC Core §3.1.2.6).
var notNow = []string{"login_required", "interaction_required", "account_selection_required", "consent_required"}

func TestModule_oidcc_prompt_none_logged_in(t *testing.T) {
	module(t, func(m *run) {
		m.register()
		first := m.signIn(m.request())
		m.silently(first, m.request())
	})
}

// silently signs in once more with prompt=none.
func (m *run) silently(first *outcome, p params) {
	p.set("prompt", "none")
	again := m.signIn(p)
	m.samePerson(first, again)
	before, known := m.authTime(first.idToken())
	after, knownAgain := m.authTime(again.idToken())
	m.want(!known || !knownAgain || after.Equal(before), "auth_time %v without a second sign-in, %v before", after, before)
	m.userInfo(again)
}

func TestModule_oidcc_id_token_hint(t *testing.T) {
	module(t, func(m *run) {
		m.register()
		first := m.signIn(m.request())
		p := m.request()
		p.set("id_token_hint", first.idToken().raw)
		m.silently(first, p)
	})
}

// maxAge1 signs in again because the first time is too long ago.
func maxAge1(m *run) {
	m.register()
	first := m.signIn(m.request())
	m.wait(2 * second)
	p := m.request()
	p.set("max_age", "1")
	m.placeholder = "the sign-in page, after max_age"
	again := m.signIn(p)
	m.want(m.placeholder == "", "nobody was asked to sign in again")
	m.samePerson(first, again)
	after, known := m.authTime(again.idToken())
	m.need(known, "max_age, and no auth_time")
	before, known := m.authTime(first.idToken())
	m.want(!known || after.After(before), "auth_time %v after the second sign-in, %v before", after, before)
	const recent = 5 * time.Minute
	m.want(m.now().Sub(after) < recent, "auth_time %v, and it is %v", after, m.now())
}

func TestModule_oidcc_max_age_1(t *testing.T) { module(t, maxAge1) }

func TestModule_oidcc_max_age_10000(t *testing.T) {
	module(t, func(m *run) {
		m.register()
		var times []time.Time
		var outcomes []*outcome
		for _, age := range []int{15000, 10000} {
			p := m.request()
			p.set("max_age", strconv.Itoa(age))
			o := m.signIn(p)
			at, known := m.authTime(o.idToken())
			m.need(known, "max_age, and no auth_time")
			times, outcomes = append(times, at), append(outcomes, o)
		}
		m.want(!outcomes[1].landing.saw("login"), "somebody was asked to sign in again")
		m.samePerson(outcomes[0], outcomes[1])
		m.want(times[0].Equal(times[1]), "auth_time %v, and before %v", times[1], times[0])
		m.userInfo(outcomes[1])
	})
}

func TestModule_oidcc_refresh_token(t *testing.T) {
	module(t, func(m *run) {
		grants := map[string]any{"grant_types": append(m.grantTypes(), "refresh_token")}
		m.registerSecond(grants)
		m.register(grants)
		mine := m.refreshed()
		m.client, m.second = m.second, m.client
		other := m.refreshed()
		m.client, m.second = m.second, m.client
		m.tokenError(m.token(m.client, params{{"grant_type", "refresh_token"}, {"refresh_token", other}}), "invalid_grant")
		m.tokens(m.token(m.client, params{{"grant_type", "refresh_token"}, {"refresh_token", mine}}))
	})
}

// offline is a request for a refresh token.
func (m *run) offline() params {
	p := m.request()
	if m.metadata.has("scopes_supported", "offline_access") {
		p.set("scope", "openid offline_access")
		p.set("prompt", "consent")
	}
	return p
}

// refreshed signs in, refreshes once, and returns the refresh token that counts from then on.
func (m *run) refreshed() string {
	o := m.signIn(m.offline())
	if o.refresh == "" {
		m.warn(!m.metadata.has("grant_types_supported", "refresh_token"), "no refresh token, though grant_types_supported has refresh_token")
		m.skip("no refresh token was given")
	}
	m.warn(m.metadata.has("grant_types_supported", "refresh_token"), "a refresh token, though grant_types_supported lacks refresh_token")
	m.wait(1 * second)
	return m.refresh(o)
}

func (m *run) refresh(o *outcome) string {
	reply := m.token(m.client, params{{"grant_type", "refresh_token"}, {"refresh_token", o.refresh}})
	tokens := m.tokens(reply)
	m.want(slices.Contains(reply.header.Values("Cache-Control"), "no-store"), "Cache-Control %q, want no-store", reply.header.Values("Cache-Control"))
	m.warn(tokens["expires_in"] != nil, "the token endpoint does not say expires_in")
	if text, ok := tokens["id_token"].(string); ok {
		m.sameIDToken(o.back, text)
	}
	info := *o
	info.access, _ = tokens["access_token"].(string)
	m.userInfo(&info)
	if next, ok := tokens["refresh_token"].(string); ok {
		return next
	}
	return o.refresh
}

// sameIDToken compares the ID token of a refresh with the first (OIDC Core §12.2).
func (m *run) sameIDToken(first *verified, text string) {
	again := m.verify("ID token", text)
	for _, name := range []string{"iss", "sub", "azp", "auth_time"} {
		m.want(first.claims[name] == again.claims[name], "the ID token of the refresh has %s %v, the first had %v", name, again.claims[name], first.claims[name])
	}
	m.want(isFor(again.claims["aud"], m.client.id), "the ID token of the refresh is for %v", again.claims["aud"])
	m.want(first.claims["iat"] != again.claims["iat"], "the ID token of the refresh has the iat of the first")
	m.checkTimes(again.claims)
}
