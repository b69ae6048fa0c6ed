package provider

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/ory/fosite"

	"signet/provider/account"
)

// Browser is what is known of the browser that asks.
type Browser struct {
	// Binding is the value of the cookie that every browser gets at its first visit: random, 256 bits. A sealed request
	// opens only with the binding that it was sealed for.
	Binding string
	// Session and Person are who is signed in; both nil when nobody is.
	Session *account.Session
	Person  *account.Person
}

// Authorize judges a fresh authorization request (RFC 6749 §4.1.1, OIDC Core §3.1.2.1) and answers it, or names the page
// that the person has to see first. Nothing is written. Errors are *Error; one with an Answer goes to the client.
func (p *Provider) Authorize(ctx context.Context, params url.Values, b Browser) (Outcome, error) {
	r, err := p.newRequest(ctx, params)
	if err != nil {
		return Outcome{}, p.refused(ctx, p.outside(ctx, params), err)
	}
	return p.decide(ctx, r, b)
}

// Resume goes on with a request that a page has added its proof to.
func (p *Provider) Resume(ctx context.Context, sealed string, b Browser) (Outcome, error) {
	r, err := p.openRequest(ctx, sealed, b)
	if err != nil {
		return Outcome{}, p.refused(ctx, nil, err)
	}
	return p.decide(ctx, r, b)
}

// decide is the one place that knows what comes next.
func (p *Provider) decide(ctx context.Context, r *Request, b Browser) (Outcome, error) {
	if r.UserCode != "" {
		return p.decideDevice(ctx, r, b)
	}
	if r.Errand != "" {
		return p.decideErrand(ctx, r, b)
	}
	q, err := p.question(ctx, r, b)
	if err != nil {
		return Outcome{}, err
	}
	if q.denied() {
		return Outcome{}, p.refused(ctx, q.intent, refuse("E-CONSENT-01"))
	}
	if why := q.firstReason(); why != nil {
		if slices.Contains(q.prompts, "none") {
			return Outcome{}, p.refused(ctx, q.intent, refuse(why.Refusal).got("%s", why.Name))
		}
		step, err := p.step(r, b, q, why.Step)
		if err != nil {
			return Outcome{}, p.refused(ctx, nil, err)
		}
		return Outcome{Step: step}, nil
	}
	if err := p.mustAdmit(ctx, q); err != nil {
		return Outcome{}, p.refused(ctx, q.intent, err)
	}
	if !q.acrReached() {
		return Outcome{}, p.refused(ctx, q.intent, refuse("E-ACR-01").got("acr %s", q.session.ACR).allowed("%s", strings.Join(p.acrValues(), " ")))
	}
	repeats := p.repetition(q)
	if repeats != "" && p.refuseRepeats {
		return Outcome{}, p.refused(ctx, q.intent, refuse("E-PKCE-03").got("the %s of earlier requests", repeats))
	}
	answer, err := p.answer(ctx, q)
	if err != nil {
		return Outcome{}, p.refused(ctx, q.intent, err)
	}
	p.warnOfRepeats(ctx, q, answer, repeats)
	return Outcome{Answer: answer}, nil
}

// denied tells whether the person has said no to this request, whatever they may have said to others meanwhile.
func (q *question) denied() bool {
	if q.person == nil {
		return false
	}
	return slices.ContainsFunc([]string{StepConsent, StepTerms}, func(step string) bool {
		proof, ok := q.request.proof(step, q.person.Subject)
		return ok && proof.Denied
	})
}

// question reads the request and who is there. Its errors are ready to be returned.
func (p *Provider) question(ctx context.Context, r *Request, b Browser) (*question, error) {
	in, err := p.address(ctx, r.Params)
	if err != nil {
		return nil, p.refused(ctx, nil, err)
	}
	in.origin = r.Origin
	q := &question{intent: in, request: r, session: b.Session, person: b.Person, terms: p.terms, now: p.db.Now().Unix(), attributes: p.accounts.Attributes()}
	if err := p.recall(ctx, q); err != nil {
		return nil, p.refused(ctx, in, err)
	}
	in.unvouched = in.client.Unverified() && !q.known && len(r.Proofs) == 0 && r.Params.Get("prompt") != "none"
	if err := p.read(ctx, in, r.Params); err != nil {
		return nil, p.refused(ctx, in, err)
	}
	if q.parsed, err = p.parseWithFosite(ctx, in, r.Params); err != nil {
		return nil, p.refused(ctx, in, err)
	}
	if err := p.weigh(ctx, q); err != nil {
		return nil, p.refused(ctx, in, err)
	}
	return q, nil
}

// recall reads what the person who is there has granted the client before.
func (p *Provider) recall(ctx context.Context, q *question) error {
	if q.person == nil {
		return nil
	}
	q.subject = p.subjectFor(q.client, q.person.Subject)
	consent, err := p.accounts.Consents.Get(ctx, q.person.Subject, q.client.ID, q.client.Epoch)
	q.granted, q.known, q.consent = consent.Scopes, consent.Given(), consent.Number
	return err
}

// refused makes an *Error of any error, addressed to the client if its address is settled, and tells the observer.
func (p *Provider) refused(ctx context.Context, in *intent, err error) error {
	e := AsError(err)
	if in != nil {
		e.ClientID = in.client.ID
		e.Answer = p.errorAnswer(ctx, in, e)
	}
	p.observeRefusal(ctx, e)
	return e
}

// errorAnswer is nil if it cannot be signed, though the request wants it signed: then the refusal is a page.
func (p *Provider) errorAnswer(ctx context.Context, in *intent, e *Error) *Answer {
	answer, err := p.envelop(ctx, in, url.Values{"error": {e.OAuth}, "error_description": {e.Description}})
	if err != nil {
		e.Cause = errors.Join(e.Cause, err)
		return nil
	}
	answer.Unvouched = in.unvouched
	return answer
}

func (p *Provider) step(r *Request, b Browser, q *question, name string) (*Step, error) {
	sealed, err := p.sealRequest(r, b)
	if err != nil {
		return nil, err
	}
	s := &Step{
		Name:         name,
		Request:      sealed,
		Client:       q.client,
		RedirectURI:  q.redirectURI,
		RedirectHost: redirectHost(q.redirectURI),
		LoginHint:    r.Params.Get("login_hint"),
		Scopes:       q.asked,
		Granted:      q.granted,
		UILocales:    r.list("ui_locales"),
		Fresh:        slices.Contains(q.prompts, "login") || q.maxAge >= 0,
	}
	if q.person != nil && !q.hintedOther() {
		s.Subject = q.person.Subject
	}
	return s, nil
}

// redirectHost is what a person sees of where the answer goes: the host, or the scheme of an application on the device.
func redirectHost(uri string) string {
	u, err := url.Parse(uri)
	if err != nil {
		return ""
	}
	if u.Host != "" {
		return u.Host
	}
	return u.Scheme
}

// parseWithFosite runs fosite's own checks of the request. What we have judged ourselves is taken out first.
func (p *Provider) parseWithFosite(ctx context.Context, in *intent, params url.Values) (fosite.AuthorizeRequester, error) {
	form := maps.Clone(params)
	for _, ours := range []string{"prompt", "max_age", "id_token_hint", "claims", "acr_values", "response_mode"} {
		delete(form, ours)
	}
	if resources := form["resource"]; len(resources) > 0 {
		form["audience"] = append(slices.Clone(form["audience"]), resources...)
	}
	ctx = withCall(ctx, &call{now: p.db.Now(), client: in.client, intent: in})
	ar, err := p.fosite.NewAuthorizeRequest(ctx, &http.Request{Method: http.MethodGet, Form: form, PostForm: url.Values{}, Header: http.Header{}})
	// That state is missing is the last thing fosite checks, so the request is whole. state is the client's own affair when
	// there is PKCE (RFC 9700 §2.1).
	if err != nil && !errors.Is(err, fosite.ErrInvalidState) {
		return nil, err
	}
	return ar, nil
}

// answer issues what the response type names. All that could be asked has been settled. What the answer writes is on disk
// when it is given.
func (p *Provider) answer(ctx context.Context, q *question) (*Answer, error) {
	c := &call{now: p.db.Now(), client: q.client, intent: q.intent, person: q.person}
	ar := q.parsed
	for _, s := range q.scopes {
		ar.GrantScope(s)
	}
	for _, a := range ar.GetRequestedAudience() {
		ar.GrantAudience(a)
	}
	m, err := p.newMandate(q, ar.GetGrantedAudience())
	if err != nil {
		return nil, err
	}
	c.mandate = m
	ctx = withCall(ctx, c)
	resp, err := p.fosite.NewAuthorizeResponse(ctx, ar, newSession(m))
	if err != nil {
		return nil, err
	}
	params := c.frontParams(resp.GetParameters())
	if err := p.addSessionState(params, q); err != nil {
		return nil, err
	}
	answer, err := p.envelop(ctx, q.intent, params)
	if err != nil {
		return nil, err
	}
	if err := p.settleAnswer(ctx, c, q.request); err != nil {
		return nil, err
	}
	p.observeEvent(ctx, Event{Kind: "authorize", Client: q.client.ID, Subject: q.person.Subject, Name: q.person.Username,
		Text: strings.Join(q.scopes, " ") + " → " + q.kind.Name})
	return answer, nil
}

// frontParams mends what fosite says of an access token: its clock is the system's, and its scope goes without saying
// (RFC 6749 §4.2.2).
func (c *call) frontParams(params url.Values) url.Values {
	params.Del("state")
	if params.Has("access_token") {
		params.Set("token_type", "Bearer")
		params.Set("expires_in", strconv.FormatInt(c.accessExpires-c.now.Unix(), 10))
		params.Del("scope")
	}
	return params
}

func (p *Provider) newMandate(q *question, audience []string) (*Mandate, error) {
	id, err := p.randomID()
	if err != nil {
		return nil, err
	}
	return &Mandate{
		GrantID:        id,
		ClientID:       q.client.ID,
		ClientEpoch:    q.client.Epoch,
		Subject:        q.person.Subject,
		PersonEpoch:    q.person.Epoch,
		SessionID:      q.session.ID,
		SessionExpires: q.session.Expires,
		SID:            q.session.SID,
		Offline:        slices.Contains(q.scopes, "offline_access"),
		Scopes:         q.scopes,
		Audience:       audience,
		AuthTime:       q.session.AuthTime,
		AMR:            q.session.AMR,
		ACR:            q.acrSaid(),
		Nonce:          q.nonce,
		Consent:        q.consent,
		UserInfoClaims: q.claims.UserInfo,
		IDTokenClaims:  q.claims.IDToken,
	}, nil
}
