package handlers

import (
	"net/http"

	"signet/provider"
)

// Paths below the issuer's path that more than one place names.
const (
	authorizePath = "/authorize"
	loginPath     = "/login"
	factorPath    = "/login/mfa"
	challengePath = "/login/passkey"
	selectPath    = "/select"
	consentPath   = "/consent"
	detailsPath   = "/login/details"
	devicePath    = provider.PathVerify

	deviceConsentPath = "/device/consent"
	deviceDonePath    = "/device/done"

	logoutPath = "/logout"
	docsPath   = "/docs/errors/"

	wellKnownOIDC  = "/.well-known/openid-configuration"
	wellKnownOAuth = "/.well-known/oauth-authorization-server"
	// wellKnownWebFinger is at the root of the host, also of an issuer with a path (RFC 7033 §10.1).
	wellKnownWebFinger = "/.well-known/webfinger"
)

// Methods of most routes.
var (
	get        = []string{http.MethodGet}
	post       = []string{http.MethodPost}
	getAndPost = []string{http.MethodGet, http.MethodPost}
)

// Policies of most routes.
var (
	publicDocument = Policy{Who: Anybody, CSRF: NothingToForge, Cache: Shortly, Limit: Unlimited, CrossSite: MayRead}
	probe          = Policy{Who: Anybody, CSRF: NothingToForge, Cache: Never, Limit: Unlimited, CrossSite: Refused}
	publicPicture  = Policy{Who: Anybody, CSRF: NothingToForge, Cache: Shortly, Limit: Unlimited, CrossSite: Refused}
	asset          = Policy{Who: Anybody, CSRF: NothingToForge, Cache: ForEver, Limit: Unlimited, CrossSite: Refused}
	clientCall     = Policy{Who: Clients, CSRF: NothingToForge, Cache: Never, Limit: Failures, CrossSite: MayPost}
	pageCall       = Policy{Who: Clients, CSRF: NothingToForge, Cache: Never, Limit: Failures, CrossSite: MayCall}
	bearerCall     = Policy{Who: Bearers, CSRF: NothingToForge, Cache: Never, Limit: Unlimited, CrossSite: MayCall}
	page           = Policy{Who: Anybody, CSRF: NothingToForge, Cache: Never, Limit: Unlimited, CrossSite: Refused}
	form           = Policy{Who: Anybody, CSRF: FormToken, Cache: Never, Limit: Unlimited, CrossSite: Refused}
	entryForm      = Policy{Who: Anybody, CSRF: EntryToken, Cache: Never, Limit: Failures, CrossSite: Refused}
	ownPages       = Policy{Who: Anybody, CSRF: OriginAlone, Cache: Never, Limit: Unlimited, CrossSite: Refused}
	fromAnywhere   = Policy{Who: Anybody, CSRF: NothingToForge, Cache: Never, Limit: Unlimited, CrossSite: MayPost}
	askFirst       = Policy{Who: Anybody, CSRF: TokenOrAsk, Cache: Never, Limit: Unlimited, CrossSite: MayPost}
)

// ownRoutes is the list of all routes. Those that are asked most come first; see mount.
func (h *Handlers) ownRoutes() []Route {
	p := h.provider
	routes := []Route{
		{Methods: get, Path: wellKnownOIDC, Audience: ForMachines, Policy: publicDocument, Handler: document(p.Discovery)},
		{Methods: get, Path: "/jwks", Audience: ForMachines, Policy: publicDocument, Handler: document(p.JWKS)},
		{Methods: post, Path: "/token", Audience: ForClients, Policy: pageCall, Handler: h.guarded(h.token)},
		{Methods: post, Path: "/introspect", Audience: ForClients, Policy: clientCall, Handler: h.guarded(h.introspect)},
		{Methods: getAndPost, Path: "/userinfo", Audience: ForBearers, Policy: bearerCall, Handler: h.userInfo},
		{Methods: get, Path: authorizePath, Audience: ForFlow, Policy: page, Handler: h.authorize},
		{Methods: post, Path: authorizePath, Audience: ForFlow, Policy: fromAnywhere, Handler: h.authorizePosted},
		{Methods: post, Path: "/par", Audience: ForClients, Policy: pageCall, Handler: h.guarded(h.push)},
		{Methods: post, Path: "/revoke", Audience: ForClients, Policy: pageCall, Handler: h.guarded(h.revoke)},
		{Methods: get, Path: wellKnownOAuth, Audience: ForMachines, Policy: publicDocument, Handler: document(p.Discovery)},

		{Methods: get, Path: loginPath, Audience: ForFlow, Policy: page, Handler: h.login},
		{Methods: post, Path: loginPath, Audience: ForFlow, Policy: entryForm, Handler: h.loginPosted},
		{Methods: get, Path: factorPath, Audience: ForFlow, Policy: page, Handler: h.factorPage},
		{Methods: post, Path: factorPath, Audience: ForFlow, Policy: entryForm, Handler: h.factorPosted},
		{Methods: get, Path: selectPath, Audience: ForFlow, Policy: page, Handler: h.selectAccount},
		{Methods: post, Path: selectPath, Audience: ForFlow, Policy: form, Handler: h.selectPosted},
		{Methods: get, Path: detailsPath, Audience: ForFlow, Policy: page, Handler: h.details},
		{Methods: post, Path: detailsPath, Audience: ForFlow, Policy: form, Handler: h.detailsPosted},
		{Methods: get, Path: consentPath, Audience: ForFlow, Policy: page, Handler: h.consent},
		{Methods: post, Path: consentPath, Audience: ForFlow, Policy: form, Handler: h.consentPosted},

		{Methods: post, Path: provider.PathDevice, Audience: ForClients, Policy: clientCall, Handler: h.guarded(h.startDevice)},
		{Methods: get, Path: devicePath, Audience: ForFlow, Policy: page, Handler: h.device},
		{Methods: post, Path: devicePath, Audience: ForFlow, Policy: entryForm, Handler: h.devicePosted},
		{Methods: get, Path: deviceConsentPath, Audience: ForFlow, Policy: page, Handler: h.deviceConsent},
		{Methods: post, Path: deviceConsentPath, Audience: ForFlow, Policy: form, Handler: h.deviceConsentPosted},
		{Methods: get, Path: deviceDonePath, Audience: ForFlow, Policy: page, Handler: h.deviceDone},

		{Methods: get, Path: "/", Audience: ForPeople, Policy: page, Handler: h.home},
		h.languageRoute(),
		{Methods: get, Path: logoutPath, Audience: ForPeople, Policy: page, Handler: h.logout},
		{Methods: post, Path: logoutPath, Audience: ForPeople, Policy: askFirst, Handler: h.logoutPosted},
		{Methods: get, Path: docsPath + "{code}", Audience: ForPeople, Policy: page, Handler: h.errorDocs},
		{Methods: get, Path: logoPath + "{client}", Audience: ForMachines, Policy: publicPicture, Handler: h.logo},
		{Methods: get, Path: "/static/{hash}/{name}", Audience: ForMachines, Policy: asset, Handler: h.static()},

		{Methods: get, Path: wellKnownWebFinger, AtRoot: true, Audience: ForMachines, Policy: publicDocument, Handler: h.webFinger},
		{Methods: get, Path: "/healthz", AtRoot: true, Audience: ForMachines, Policy: probe, Handler: h.alive},
		{Methods: get, Path: "/readyz", AtRoot: true, Audience: ForMachines, Policy: probe, Handler: h.ready},
	}
	routes = append(routes, h.routesOfRegistration()...)
	routes = append(routes, h.sessionRoutes()...)
	if h.accounts.HasPasskeys() {
		routes = append(routes, Route{Methods: get, Path: challengePath, Audience: ForFlow, Policy: page, Handler: h.passkeyChallenge})
	}
	routes = append(routes, h.upgradeRoutes()...)
	routes = append(routes, h.accountRoutes()...)
	routes = append(routes, h.mailRoutes()...)
	routes = append(routes, h.upstreamRoutes()...)
	routes = append(routes, h.documentRoutes()...)
	if h.base != "" {
		routes = append(routes, h.routesOfPath()...)
	}
	return routes
}

// routesOfPath are what an issuer with a path has beside: its documents where RFC 8414 §3 looks for them, at the root of
// the host, and its start page without a slash at the end.
func (h *Handlers) routesOfPath() []Route {
	p := h.provider
	return []Route{
		{Methods: get, Path: wellKnownOAuth + h.base, AtRoot: true, Audience: ForMachines, Policy: publicDocument, Handler: document(p.Discovery)},
		{Methods: get, Path: wellKnownOIDC + h.base, AtRoot: true, Audience: ForMachines, Policy: publicDocument, Handler: document(p.Discovery)},
		{Methods: get, Path: h.base, AtRoot: true, Audience: ForPeople, Policy: page, Handler: h.home},
	}
}
