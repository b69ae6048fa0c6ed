package handlers

import (
	"net/http"
	"time"

	"signet/templates"
)

// Paths of the pages of a person's own account.
const (
	accountPath  = "/account"
	securityPath = "/account/security"
	passwordPath = "/account/password"
	appPath      = "/account/security/app"
	profilePath  = "/account/profile"
	activityPath = "/account/activity"
	dataPath     = "/account/data"
	sessionsPath = "/account/sessions"
	appsPath     = "/account/apps"
	passkeyPath  = "/account/passkey"
	deletePath   = "/account/delete"

	newChallengePath = "/account/passkey/challenge"
)

// Policies of the pages of a person's own account.
var (
	ownPage       = Policy{Who: SignedIn, CSRF: NothingToForge, Cache: Never, Limit: Unlimited, CrossSite: Refused}
	ownForm       = Policy{Who: SignedIn, CSRF: FormToken, Cache: Never, Limit: Unlimited, CrossSite: Refused}
	sensitivePage = Policy{Who: SignedInRecently, CSRF: NothingToForge, Cache: Never, Limit: Unlimited, CrossSite: Refused}
	sensitiveForm = Policy{Who: SignedInRecently, CSRF: FormToken, Cache: Never, Limit: Unlimited, CrossSite: Refused}
)

// accountRoutes are the pages of a person's own account. Each form posts to the page that it is on.
func (h *Handlers) accountRoutes() []Route {
	routes := []Route{
		{Methods: get, Path: accountPath, Audience: ForPeople, Policy: ownPage, Handler: h.overview},
		{Methods: get, Path: securityPath, Audience: ForPeople, Policy: ownPage, Handler: h.security},
		{Methods: post, Path: securityPath, Audience: ForPeople, Policy: sensitiveForm, Handler: h.securityPosted},
		{Methods: get, Path: passwordPath, Audience: ForPeople, Policy: sensitivePage, Handler: h.newPassword},
		{Methods: post, Path: passwordPath, Audience: ForPeople, Policy: sensitiveForm, Handler: h.newPasswordPosted},
		{Methods: get, Path: profilePath, Audience: ForPeople, Policy: ownPage, Handler: h.profile},
		{Methods: post, Path: profilePath, Audience: ForPeople, Policy: ownForm, Handler: h.profilePosted},
		{Methods: get, Path: activityPath, Audience: ForPeople, Policy: ownPage, Handler: h.activity},
		{Methods: get, Path: dataPath, Audience: ForPeople, Policy: sensitivePage, Handler: h.ownData},
		{Methods: post, Path: dataPath, Audience: ForPeople, Policy: sensitiveForm, Handler: h.ownDataPosted},
		{Methods: get, Path: sessionsPath, Audience: ForPeople, Policy: ownPage, Handler: h.ownSessions},
		{Methods: post, Path: sessionsPath, Audience: ForPeople, Policy: ownForm, Handler: h.ownSessionsPosted},
		{Methods: get, Path: appsPath, Audience: ForPeople, Policy: ownPage, Handler: h.ownApps},
		{Methods: post, Path: appsPath, Audience: ForPeople, Policy: ownForm, Handler: h.ownAppsPosted},
	}
	return append(append(routes, h.factorRoutes()...), h.deletionRoutes()...)
}

// accountMenu is what there is, in this order: a path and the name of its messages.
var accountMenu = []struct{ path, name string }{
	{profilePath, "profile"}, {securityPath, "security"}, {connectionsPath, "connections"}, {sessionsPath, "sessions"}, {appsPath, "apps"}, {activityPath, "activity"}, {dataPath, "data"},
}

// self is what the pages of a person's own account have in common. here is the page's entry in the menu; its forms post to target,
// which is empty without forms.
func (h *Handlers) self(w http.ResponseWriter, r *http.Request, here, target string) (templates.Self, *visitor, error) {
	v, err := h.visitor(r)
	if err != nil {
		return templates.Self{}, nil, err
	}
	base, err := h.Base(w, r, target)
	if err != nil {
		return templates.Self{}, nil, err
	}
	s := templates.Self{Base: base, Person: shownPerson(v.person), Here: here, Notice: h.notice(r, v)}
	s.Menu = append(s.Menu, templates.Link{Path: accountPath, Text: templates.Msg("self.menu.overview")})
	for _, e := range accountMenu {
		if e.path == connectionsPath && len(h.provider.Upstreams().Sources()) == 0 {
			continue
		}
		s.Menu = append(s.Menu, templates.Link{Path: e.path, Text: templates.Msg("self.menu." + e.name), Note: templates.Msg("self.menu." + e.name + "-note")})
	}
	return s, v, nil
}

// overview is the first page of the account.
func (h *Handlers) overview(w http.ResponseWriter, r *http.Request) error {
	self, v, err := h.self(w, r, accountPath, "")
	if err != nil {
		return err
	}
	return h.Render(w, r, http.StatusOK, templates.Overview{Self: self, LastSignIn: time.Unix(v.session.AuthTime, 0).UTC()})
}
