package playground

import (
	"context"
	"net/url"

	"signet/templates"
)

// flow is a kind of run.
type flow struct {
	name string
	// grant is the grant_type of its token request.
	grant string
	// scope is asked if nobody says otherwise, response is the response type.
	scope, response string
	steps           []step
}

// step is a page of a run.
type step struct {
	name string
	// open tells whether there is something to see, done whether it lies behind.
	open, done func(*run) bool
	show       func(*Playground, *run) view
	// act does what the page's form asks and returns where to go: the path of a page, or an address elsewhere.
	act func(*Playground, context.Context, *run, url.Values) (string, error)
}

// view is what a step shows.
type view struct {
	intro  templates.Text
	blocks []templates.Block
	next   templates.Link
	// leads tells that its form leads to the provider, and carries no token of ours.
	leads bool
}

func (v *view) add(blocks ...templates.Block) { v.blocks = append(v.blocks, blocks...) }

// Names of steps, as in addresses.
const (
	stepPick      = "pick"
	stepCarry     = "carry"
	stepDiscovery = "discovery"
	stepRegister  = "register"
	stepRequest   = "request"
	stepDevice    = "device"
	stepPush      = "push"
	stepProvider  = "provider"
	stepCallback  = "callback"
	stepToken     = "token"
	stepAnswer    = "answer"
	stepUse       = "use"
	stepSignOut   = "sign-out"
	stepDepart    = "depart"
	stepEnded     = "ended"
)

var (
	discovery = step{stepDiscovery, always, discovered, showDiscovery, actDiscovery}
	registers = step{stepRegister, discovered, registered, showRegister, actRegister}
	atClient  = step{stepRequest, ready, settled, showRequest, actRequest}
	brings    = step{stepPush, ready, pushDone, showPush, actPush}
	atOther   = step{name: stepProvider, open: never, done: answered}
	comesBack = step{stepCallback, answered, accepted, showCallback, nil}
	exchanges = step{stepToken, accepted, hasTokens, showToken, actToken}
	asksAlone = step{stepToken, ready, hasTokens, showToken, actToken}
	receives  = step{stepAnswer, hasTokens, hasTokens, showAnswer, nil}
	uses      = step{stepUse, hasTokens, didSomething, showUse, actUse}
	signsOut  = step{stepSignOut, finished, leaving, showSignOut, actSignOut}
	ends      = step{stepEnded, leaving, isOver, showEnded, actEnded}

	withPerson    = []step{discovery, registers, atClient, brings, atOther, comesBack, exchanges, receives, uses, signsOut, ends}
	withoutPerson = []step{discovery, registers, asksAlone, receives, uses}
)

// flows are what can be picked; the first is what most want.
var flows = []flow{
	{"code", "authorization_code", "openid profile email", "code", withPerson},
	{"refresh", "authorization_code", "openid profile email offline_access", "code", withPerson},
	{"hybrid", "authorization_code", "openid profile email", "code id_token", withPerson},
	{"implicit", "authorization_code", "openid profile email", "id_token token", withPerson},
	{"none", "authorization_code", "openid", "none", withPerson},
	{"device", grantDevice, "openid profile email offline_access", "", withDevice},
	{"client-credentials", "client_credentials", "", "", withoutPerson},
}

// flowNamed returns a flow; one that does not exist is the first.
func flowNamed(name string) flow {
	for _, f := range flows {
		if f.name == name {
			return f
		}
	}
	return flows[0]
}

// step returns one of the run's steps, or nil.
func (r *run) step(name string) *step {
	for _, s := range append(r.steps(), carries, departs) {
		if s.name == name {
			return &s
		}
	}
	return nil
}

// person tells whether somebody signs in, browser whether they do so by way of this browser.
func (f flow) person() bool  { return f.browser() || f.grant == grantDevice }
func (f flow) browser() bool { return f.grant == "authorization_code" }

func always(*run) bool         { return true }
func isOver(r *run) bool       { return r.ending.over || r.ending.back != nil }
func never(*run) bool          { return false }
func discovered(r *run) bool   { return r.meta.complete(r.flow) }
func requested(r *run) bool    { return r.request.sent }
func settled(r *run) bool      { return r.request.sent || pushDone(r) }
func answered(r *run) bool     { return r.callback != nil }
func accepted(r *run) bool     { return r.callback != nil && r.callback.good() }
func hasTokens(r *run) bool    { return r.tokens != nil }
func finished(r *run) bool     { return hasTokens(r) || accepted(r) && !r.request.asks("code") }
func didSomething(r *run) bool { return r.deed != nil }
