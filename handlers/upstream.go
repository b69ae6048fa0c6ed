package handlers

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gorilla/mux"

	"signet/provider"
	"signet/provider/account"
	"signet/provider/limit"
	"signet/provider/upstream"
	"signet/storage"
	"signet/templates"
)

// Paths of signing in with another provider.
const (
	upstreamCallbackPath = "/upstream/{source}/callback"
	upstreamLogoutPath   = "/upstream/{source}/logout"
	linkPath             = "/link"
	linkConfirmPath      = "/link/confirm"
	connectionsPath      = "/account/connections"
)

// What a trip is for.
const (
	tripSignIn = "sign-in"
	tripLink   = "link"
)

// sourceParam of a form names the provider to go to.
const sourceParam = "source"

// upstreamRoutes are there where people can sign in with other providers.
func (h *Handlers) upstreamRoutes() []Route {
	if len(h.provider.Upstreams().Sources()) == 0 {
		return nil
	}
	return []Route{
		{Methods: get, Path: upstreamCallbackPath, Audience: ForFlow, Policy: page, Handler: h.upstreamReturned},
		{Methods: post, Path: upstreamCallbackPath, Audience: ForFlow, Policy: fromAnywhere, Handler: h.upstreamPosted},
		{Methods: post, Path: upstreamLogoutPath, Audience: ForClients, Policy: upstreamCall, Handler: h.upstreamLogout},
		{Methods: get, Path: linkPath, Audience: ForFlow, Policy: page, Handler: h.link},
		{Methods: get, Path: linkConfirmPath, Audience: ForFlow, Policy: sensitivePage, Handler: h.confirmLink},
		{Methods: post, Path: linkConfirmPath, Audience: ForFlow, Policy: sensitiveForm, Handler: h.confirmLinkPosted},
		{Methods: get, Path: connectionsPath, Audience: ForPeople, Policy: ownPage, Handler: h.connections},
		{Methods: post, Path: connectionsPath, Audience: ForPeople, Policy: sensitiveForm, Handler: h.connectionsPosted},
	}
}

// upstreamCall is for other providers: what they send proves itself.
var upstreamCall = Policy{Who: Anybody, CSRF: NothingToForge, Cache: Never, Limit: Unlimited, CrossSite: MayPost}

// depart sends the browser to another provider. What was asked for there by the browser counts for nothing.
func (h *Handlers) depart(w http.ResponseWriter, r *http.Request, v *visitor, source string, hint string, carried upstream.Carried) error {
	trips := []limit.Use{{Limit: h.limits.tripsBrowser, Key: limit.KeyOf(v.binding)}, {Limit: h.limits.tripsNetwork, Key: networkOf(r)}}
	if err := h.limits.take(r.Context(), trips...); err != nil {
		return err
	}
	var b storage.Batch
	begun, err := h.provider.Upstreams().Begin(r.Context(), &b, upstream.Start{
		Source: source, Binding: v.binding, Params: url.Values{"login_hint": {hint}}, Fresh: carried.Fresh != 0, Carried: carried,
	})
	if err != nil {
		return provider.UpstreamError(err)
	}
	if err := h.db.Apply(r.Context(), b); err != nil {
		return err
	}
	seeOther(w, begun.URL)
	return nil
}

// departForSignIn is depart, from the sign-in page.
func (h *Handlers) departForSignIn(w http.ResponseWriter, r *http.Request, v *visitor, step *provider.Step) error {
	carried, hint := upstream.Carried{Purpose: tripSignIn}, ""
	if step != nil {
		carried.Request, hint = step.Request, step.LoginHint
	}
	if v.session != nil || step != nil && step.Fresh {
		carried.Fresh = h.db.Now().Unix()
	}
	source := r.PostForm.Get(sourceParam)
	if s, err := h.provider.Upstreams().Source(source); err == nil && s.Protocol == upstream.LDAP {
		return h.signInByDirectory(w, r, v, s, carried)
	}
	return h.depart(w, r, v, source, hint, carried)
}

// returnParams are what providers send back. user is Apple's, device_id that of VK.
var returnParams = []string{"code", "state", "iss", "error", "user", "device_id", "oauth_token", "oauth_verifier", "denied"}

// upstreamPosted takes an answer that a provider has the browser post (OAuth 2.0 Form Post Response Mode). The browser's cookies do not
// come with a form of another site; so it is sent on to the same address by GET, where they do.
func (h *Handlers) upstreamPosted(w http.ResponseWriter, r *http.Request) error {
	params := url.Values{}
	for _, name := range returnParams {
		if values := r.PostForm[name]; len(values) > 0 {
			params[name] = values
		}
	}
	seeOther(w, h.base+strings.ReplaceAll(upstreamCallbackPath, "{source}", url.PathEscape(mux.Vars(r)["source"]))+"?"+params.Encode())
	return nil
}

// upstreamReturned is the end of a trip.
func (h *Handlers) upstreamReturned(w http.ResponseWriter, r *http.Request) error {
	v, err := h.bound(w, r)
	if err != nil {
		return err
	}
	params, err := query(r)
	if err != nil {
		return err
	}
	var spent storage.Batch
	arrival, err := h.provider.Upstreams().Finish(r.Context(), &spent, upstream.Return{Source: mux.Vars(r)["source"], Binding: v.binding, Params: params})
	if arrival == nil {
		return provider.UpstreamError(err)
	}
	if err != nil {
		return h.noArrival(w, r, v, spent, arrival.Carried, provider.UpstreamError(err))
	}
	if arrival.Carried.Purpose == tripLink {
		return h.letWait(w, r, v, spent, arrival.Identity, "", arrival.Carried.Subject)
	}
	return h.arrived(w, r, v, spent, arrival)
}

// noArrival ends a trip that led to nobody: where it began, with what went wrong.
func (h *Handlers) noArrival(w http.ResponseWriter, r *http.Request, v *visitor, spent storage.Batch, from upstream.Carried, err error) error {
	if !spent.Empty() {
		if err := h.db.Apply(r.Context(), spent); err != nil {
			return orEnded(err)
		}
	}
	if from.Purpose == tripLink {
		return err
	}
	step, stepErr := h.stepFor(r, v, from.Request)
	if stepErr != nil {
		return stepErr
	}
	return h.loginAgain(w, r, v, step, h.countSignIn(err))
}

// stepFor is the step of the sign-in page for a sealed request; nil for none.
func (h *Handlers) stepFor(r *http.Request, v *visitor, sealed string) (*provider.Step, error) {
	if sealed == "" {
		return nil, nil
	}
	return h.provider.Step(r.Context(), sealed, v.browser(), provider.StepLogin)
}

// orEnded makes a lost race for a trip what it is: the trip was ended by another.
func orEnded(err error) error {
	if errors.Is(err, storage.ErrConflict) {
		return refuseFor("E-UP-02", "what was answered before")
	}
	return err
}

// arrived signs in whoever came, as far as the policy lets them.
func (h *Handlers) arrived(w http.ResponseWriter, r *http.Request, v *visitor, spent storage.Batch, from *upstream.Arrival) error {
	step, err := h.stepFor(r, v, from.Carried.Request)
	if err != nil {
		return err
	}
	first := &storage.Batch{}
	who, err := h.provider.Arrive(r.Context(), first, from.Identity)
	switch {
	case err != nil:
		return h.noArrival(w, r, v, spent, from.Carried, wrongLogin(err))
	case who.Prove:
		return h.letWait(w, r, v, spent, from.Identity, from.Carried.Request, "")
	}
	at, err := h.provedThere(r, from, who)
	if err != nil {
		return h.noArrival(w, r, v, spent, from.Carried, err)
	}
	in := proof{at: at, person: who.Person, amr: who.AMR, acr: who.ACR, how: "with " + from.Identity.Source, client: clientID(step)}
	in.arrive = func(b *storage.Batch) (*account.Person, error) {
		b.Add(spent)
		if first != nil { // what has just been read will do; only if something came between, it is read again
			b.Add(*first)
			first = nil
			return who.Person, nil
		}
		again, err := h.provider.Arrive(r.Context(), b, from.Identity)
		if err != nil {
			return nil, err
		}
		if again.Prove || again.Created != who.Created {
			return nil, refuseFor("E-UP-02", "an account that changed meanwhile")
		}
		return again.Person, nil
	}
	return orEnded(h.admit(w, r, v, step, in))
}

// shownSources are those that the browser is sent to.
func (h *Handlers) shownSources() []templates.Source {
	return h.sourcesThat(func(s *upstream.Source) bool { return s.Protocol != upstream.LDAP })
}

// shownDirectories are those that judge a name and a password typed here.
func (h *Handlers) shownDirectories() []templates.Source {
	return h.sourcesThat(func(s *upstream.Source) bool { return s.Protocol == upstream.LDAP })
}

func (h *Handlers) sourcesThat(are func(*upstream.Source) bool) []templates.Source {
	var list []templates.Source
	for _, s := range h.provider.Upstreams().Sources() {
		if are(s) {
			list = append(list, templates.Source{ID: s.ID, Name: s.Name})
		}
	}
	return list
}

// upstreamLogout takes word of another provider that somebody has signed out there (OpenID Connect Back-Channel Logout 1.0 §2.5): what
// they are signed in to here by way of that provider ends.
func (h *Handlers) upstreamLogout(w http.ResponseWriter, r *http.Request) error {
	if err := h.provider.UpstreamLogout(r.Context(), mux.Vars(r)["source"], r.PostForm.Get("logout_token")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusOK)
	return nil
}

// clockLeeway is how far the clock of another provider may be behind, in seconds.
const clockLeeway = 60

// provedThere is when somebody proved who they are, as far as the provider says so; zero is now. Whoever was asked to prove it anew and did
// not, as far as anybody can tell, is let in only if they have no other way: an unattended browser that is still signed in there is to
// open nothing here that wants a sign-in of a moment ago.
func (h *Handlers) provedThere(r *http.Request, from *upstream.Arrival, who *provider.Arrival) (time.Time, error) {
	proved, asked, now := from.Identity.ProvedAt, from.Carried.Fresh, h.db.Now()
	switch {
	case who.Created, asked != 0 && proved >= asked-clockLeeway:
		return time.Time{}, nil
	case asked != 0:
		other, err := h.hasOtherWay(r.Context(), who.Person)
		if err == nil && other {
			err = refuseFor("E-UP-11", "%s", from.Identity.Source)
		}
		return time.Time{}, err
	case proved > 0:
		return time.Unix(min(proved, now.Unix()), 0), nil
	}
	return now.Add(-recent - time.Second), nil // it was not said: not a moment ago, then
}

// hasOtherWay tells whether a person can prove who they are without another provider.
func (h *Handlers) hasOtherWay(ctx context.Context, p *account.Person) (bool, error) {
	if p.Password != "" && h.provider.OffersPasswords() {
		return true, nil
	}
	factors, err := h.accounts.Factors(ctx, p.Subject)
	return err == nil && factors.HasPasskey() && h.accounts.HasPasskeys(), err
}
