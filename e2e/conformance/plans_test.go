package conformance

import (
	"fmt"
	"slices"
	"strings"
)

// variant is what a plan chooses for a module.
type variant struct {
	plan         *plan
	responseType string
	responseMode string // "default" or "form_post"
	auth         string // the client's authentication method
	static       bool   // the client is one that the operator has made; otherwise it registers itself
}

// plan is one run of a certification plan: which modules, with which variants.
type plan struct {
	// name is the Foundation's; choice is what is chosen where it leaves a choice, and short names both in the tests.
	name, choice, short string
	// modules is how many the Foundation's suite runs.
	modules int
	// engine is "bolt", or "postgres" for the part that runs there too.
	engine  string
	entries []entry
}

// entry is some modules with one variant.
type entry struct {
	variant
	modules []string
}

// plans is the table. What is in it and has no test fails, and what has a test and is not in it.
var plans = allPlans()

func allPlans() []*plan {
	list := []*plan{
		{name: "oidcc-config-certification-test-plan", short: "config", modules: 1,
			entries: []entry{{variant{responseType: "code", responseMode: "default", auth: "client_secret_basic", static: true},
				[]string{"oidcc-discovery-endpoint-verification"}}}},
	}
	for _, p := range []struct {
		name            string
		make            func(mode string, static bool) []entry
		static, dynamic int
	}{{"basic", basic, 35, 38}, {"implicit", implicit, 54, 58}, {"hybrid", hybrid, 96, 102}} {
		for _, mode := range []string{"default", "form_post"} {
			name := p.name
			if mode == "form_post" {
				name = "formpost-" + p.name
			}
			full := "oidcc-" + name + "-certification-test-plan"
			list = append(list,
				&plan{name: full, choice: "static_client", short: name + "-static", modules: p.static, entries: p.make(mode, true)},
				&plan{name: full, choice: "dynamic_client", short: name, modules: p.dynamic, entries: p.make(mode, false)})
		}
	}
	counts := map[string]int{"code": 23, "id_token": 18, "id_token token": 19, "code id_token": 22, "code token": 23, "code id_token token": 22}
	for _, r := range responseTypes {
		list = append(list, dynamic(r, counts[r]), thirdParty(r), rpInitiated(r), backChannel(r), frontChannel(r), sessionManagement(r))
	}
	list = append(list, comprehensive("client_secret_basic", "default", 51), comprehensive("client_secret_post", "form_post", 51),
		comprehensive("client_secret_jwt", "default", 51), comprehensive("private_key_jwt", "form_post", 54))
	list = append(list,
		onPostgres(&plan{name: "oidcc-basic-certification-test-plan", choice: "dynamic_client", short: "basic", entries: basic("default", false)}),
		onPostgres(dynamic("code", 0)), onPostgres(rpInitiated("code")), onPostgres(backChannel("code")),
	)
	for _, p := range list {
		p.choose()
	}
	return list
}

// choose tells the plan's entries whose they are.
func (p *plan) choose() {
	if p.engine == "" {
		p.engine = "bolt"
	}
	for i := range p.entries {
		p.entries[i].plan = p
	}
}

var responseTypes = []string{"code", "id_token", "id_token token", "code id_token", "code token", "code id_token token"}

// onPostgres is the part of a plan that need not wait: no clock can be moved there.
func onPostgres(p *plan) *plan {
	p.short, p.engine = "postgres-"+p.short, "postgres"
	for i := range p.entries {
		p.entries[i].modules = slices.DeleteFunc(p.entries[i].modules, func(name string) bool { return slices.Contains(waits, name) })
	}
	p.modules = p.planned()
	return p
}

// Modules that several plans have, in the order of the profiles.
var (
	signatureModules = []string{"oidcc-server", "oidcc-idtoken-signature"}
	userInfoModules  = []string{"oidcc-userinfo-get", "oidcc-userinfo-post-header", "oidcc-userinfo-post-body"}
	requestModules   = []string{
		"oidcc-scope-profile", "oidcc-scope-email", "oidcc-scope-address", "oidcc-scope-phone", "oidcc-scope-all",
		"oidcc-display-page", "oidcc-display-popup", "oidcc-prompt-login", "oidcc-prompt-none-not-logged-in",
		"oidcc-prompt-none-logged-in", "oidcc-max-age-1", "oidcc-max-age-10000",
		"oidcc-ensure-request-with-unknown-parameter-succeeds", "oidcc-id-token-hint", "oidcc-login-hint", "oidcc-ui-locales",
		"oidcc-claims-locales", "oidcc-ensure-request-with-acr-values-succeeds", "oidcc-ensure-registered-redirect-uri",
		"oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported",
		"oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported", "oidcc-claims-essential",
		"oidcc-ensure-request-object-with-redirect-uri",
	}
	codeModules = []string{"oidcc-codereuse", "oidcc-codereuse-30seconds", "oidcc-refresh-token"}
	// onlyRegistered are modules that want a client of their own making.
	onlyRegistered = []string{
		"oidcc-idtoken-signature", "oidcc-idtoken-unsigned",
		"oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported",
	}
)

// of makes an entry of modules with client_secret_basic.
func of(responseType, mode string, static bool, lists ...[]string) entry {
	e := entry{variant: variant{responseType: responseType, responseMode: mode, auth: "client_secret_basic", static: static}}
	for _, name := range slices.Concat(lists...) {
		if !static || !slices.Contains(onlyRegistered, name) {
			e.modules = append(e.modules, name)
		}
	}
	return e
}

// secretPost is the one module that authenticates otherwise.
func secretPost(e entry) entry {
	e.auth, e.modules = "client_secret_post", []string{"oidcc-server-client-secret-post"}
	return e
}

func basic(mode string, static bool) []entry {
	all := of("code", mode, static, signatureModules, userInfoModules, requestModules, codeModules, []string{
		"oidcc-response-type-missing", "oidcc-idtoken-unsigned", "oidcc-ensure-request-without-nonce-succeeds-for-code-flow",
		"oidcc-alternate-happy-flow", "oidcc-ensure-post-request-succeeds", "oidcc-ensure-request-with-valid-pkce-succeeds",
	})
	return []entry{all, secretPost(all)}
}

func implicit(mode string, static bool) []entry {
	own := []string{"oidcc-ensure-request-without-nonce-fails", "oidcc-alternate-happy-flow"}
	return []entry{
		of("id_token", mode, static, signatureModules, requestModules, own),
		of("id_token token", mode, static, signatureModules, requestModules, own, userInfoModules, []string{"oidcc-response-type-missing"}),
	}
}

// hybrid has what does not depend on the response type with the first one only.
func hybrid(mode string, static bool) []entry {
	once := []string{"oidcc-response-type-missing", "oidcc-alternate-happy-flow", "oidcc-ensure-request-with-valid-pkce-succeeds"}
	nonce := map[string]string{
		"code id_token":       "oidcc-ensure-request-without-nonce-fails",
		"code token":          "oidcc-ensure-request-without-nonce-succeeds-for-code-flow",
		"code id_token token": "oidcc-ensure-request-without-nonce-fails",
	}
	var all []entry
	for _, r := range []string{"code id_token", "code token", "code id_token token"} {
		e := of(r, mode, static, signatureModules, userInfoModules, requestModules, codeModules, []string{nonce[r]}, once)
		once = nil
		all = append(all, e, secretPost(e))
	}
	return all
}

// registrationModules are those of what a client says of itself.
var registrationModules = []string{
	"oidcc-idtoken-rs256", "oidcc-discovery-endpoint-verification", "oidcc-ensure-redirect-uri-in-authorization-request",
	"oidcc-redirect-uri-query-OK", "oidcc-redirect-uri-query-mismatch", "oidcc-redirect-uri-query-added", "oidcc-redirect-uri-regfrag",
	"oidcc-registration-logo-uri", "oidcc-registration-policy-uri", "oidcc-registration-tos-uri", "oidcc-registration-sector-uri",
	"oidcc-registration-sector-bad", "oidcc-server-rotate-keys", "oidcc-request-uri-unsigned", "oidcc-request-uri-signed-rs256",
}

func dynamic(responseType string, count int) *plan {
	v := variant{responseType: responseType, responseMode: "default", auth: "private_key_jwt"}
	modules := append(slices.Clone(registrationModules), "oidcc-server", "oidcc-ensure-request-object-with-redirect-uri",
		"oidcc-ensure-client-assertion-with-iss-aud-succeeds")
	if responseType != "id_token" {
		modules = append(modules, "oidcc-userinfo-rs256")
	}
	if v.codeType() {
		modules = append(modules, "oidcc-refresh-token", "oidcc-registration-jwks-uri", "oidcc-refresh-token-rp-key-rotation")
	}
	if v.codeType() && !v.idTokenType() {
		modules = append(modules, "oidcc-idtoken-unsigned")
	}
	return &plan{name: "oidcc-dynamic-certification-test-plan", choice: responseType, short: "dynamic-" + dashes(responseType), modules: count,
		entries: []entry{{v, modules}}}
}

// comprehensive is the plan that nobody is certified by, and that has every way to authenticate: everything there is for the code
// flow.
func comprehensive(auth, mode string, count int) *plan {
	e := of("code", mode, false, signatureModules, userInfoModules, requestModules, codeModules, registrationModules, []string{
		"oidcc-response-type-missing", "oidcc-idtoken-unsigned", "oidcc-ensure-request-without-nonce-succeeds-for-code-flow",
		"oidcc-alternate-happy-flow", "oidcc-ensure-request-with-valid-pkce-succeeds", "oidcc-userinfo-rs256",
	})
	e.auth = auth
	e.modules = slices.DeleteFunc(e.modules, func(name string) bool {
		return name == "oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported"
	})
	if auth == "private_key_jwt" {
		e.modules = append(e.modules, "oidcc-registration-jwks-uri", "oidcc-refresh-token-rp-key-rotation",
			"oidcc-ensure-client-assertion-with-iss-aud-succeeds")
	}
	return &plan{name: "oidcc-test-plan", choice: "dynamic_client, " + auth + ", code, " + mode, short: "comprehensive-" + auth,
		modules: count, entries: []entry{e}}
}

// logout makes a plan for one response type of modules that register a client.
func logout(name, short, responseType string, modules ...string) *plan {
	v := variant{responseType: responseType, responseMode: "default", auth: "client_secret_basic"}
	return &plan{name: name, choice: "dynamic_client, " + responseType, short: short + "-" + dashes(responseType), modules: len(modules),
		entries: []entry{{v, modules}}}
}

func thirdParty(responseType string) *plan {
	return logout("oidcc-3rdparty-init-login-certification-test-plan", "3rdparty", responseType,
		"oidcc-3rd_party-init-login", "oidcc-3rd_party-init-login-nohttps")
}

func rpInitiated(responseType string) *plan {
	p := logout("oidcc-rp-initiated-logout-certification-test-plan", "rp-logout", responseType,
		"oidcc-rp-initiated-logout-discovery-endpoint-verification", "oidcc-rp-initiated-logout",
		"oidcc-rp-initiated-logout-bad-post-logout-redirect-uri", "oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri",
		"oidcc-rp-initiated-logout-modified-id-token-hint", "oidcc-rp-initiated-logout-bad-id-token-hint",
		"oidcc-rp-initiated-logout-no-id-token-hint", "oidcc-rp-initiated-logout-no-params",
		"oidcc-rp-initiated-logout-no-post-logout-redirect-uri", "oidcc-rp-initiated-logout-no-state", "oidcc-rp-initiated-logout-only-state")
	p.modules = 11
	return p
}

func backChannel(responseType string) *plan {
	return logout("oidcc-backchannel-rp-initiated-logout-certification-test-plan", "backchannel", responseType,
		"oidcc-backchannel-logout-discovery-endpoint-verification", "oidcc-backchannel-rp-initiated-logout")
}

func frontChannel(responseType string) *plan {
	return logout("oidcc-frontchannel-rp-initiated-logout-certification-test-plan", "frontchannel", responseType,
		"oidcc-frontchannel-logout-discovery-endpoint-verification", "oidcc-frontchannel-rp-initiated-logout")
}

func sessionManagement(responseType string) *plan {
	return logout("oidcc-session-management-certification-test-plan", "session", responseType,
		"oidcc-session-management-discovery-endpoint-verification", "oidcc-session-management-rp-initiated-logout")
}

func dashes(responseType string) string { return strings.ReplaceAll(responseType, " ", "-") }

// name is a variant's among the variants of one module.
func (v variant) name() string { return v.plan.short + "/" + dashes(v.responseType) }

// title is the plan's in the report.
func (p *plan) title() string {
	title := p.name
	if p.choice != "" {
		title += fmt.Sprintf(" (%s)", p.choice)
	}
	if p.engine != "bolt" {
		title += " on " + p.engine
	}
	return title
}

// planned are the modules of a plan, one for each variant.
func (p *plan) planned() int {
	n := 0
	for _, e := range p.entries {
		n += len(e.modules)
	}
	return n
}

// variantsOf are all variants of a module.
func variantsOf(name string) []variant {
	var all []variant
	for _, p := range plans {
		for _, e := range p.entries {
			if slices.Contains(e.modules, name) {
				all = append(all, e.variant)
			}
		}
	}
	return all
}

// testName is the name of a module's test.
func testName(module string) string { return "TestModule_" + strings.ReplaceAll(module, "-", "_") }

// moduleOf is the module of a test, or empty.
func moduleOf(test string) string {
	for _, p := range plans {
		for _, e := range p.entries {
			for _, name := range e.modules {
				if testName(name) == test {
					return name
				}
			}
		}
	}
	return ""
}

// waits are modules that let time pass: they run where the clock can be moved.
var waits = []string{
	"oidcc-prompt-login", "oidcc-max-age-1", "oidcc-codereuse-30seconds", "oidcc-refresh-token", "oidcc-refresh-token-rp-key-rotation",
}

// alone tells whether nothing else may run meanwhile: time is everybody's, and so are the keys.
func (m *run) alone() bool {
	return slices.Contains(waits, m.module) || m.module == "oidcc-server-rotate-keys"
}

// provider is where a module runs with this variant.
func (v variant) provider(module string) (*provider, error) {
	switch {
	case slices.Contains(waits, module):
		return development()
	case v.plan.engine == "postgres":
		return cluster()
	}
	return production()
}
