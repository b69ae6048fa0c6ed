package provider

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"signet/keys"
	"signet/provider/account"
	"signet/provider/upstream"
	"signet/storage"
)

// Signing in with another provider is a pipeline of steps in a fixed order, each with its rule:
//
//  1. details: the source's mapping makes claims of what the provider said (upstream.Identity);
//  2. uid: source, issuer and subject there name who comes, and nothing else does;
//  3. allowed: the source is enabled, and its rule for domains holds;
//  4. known: whoever is connected is that person here;
//  5. local: an address that both sides have verified, or a proof of the account here, connects to an account that is there;
//  6. username: one that is free is made of what the provider said;
//  7. create: a new account, if the source makes some;
//  8. associate: the connection is written, in the batch of the account and the session;
//  9. refresh: what the provider said is kept, and goes into the profile where the person has not written something else.
//
// Whoever comes out of it has proved one factor; what else a sign-in needs is the policy's business, as after a password.

// MethodFederated says that another provider proved who somebody is. RFC 8176 has no word for it; this one is used elsewhere.
const MethodFederated = "fed"

// Policies of sources for people who have no account, and for addresses that are an account's already.
const (
	OnNewCreate = "create"
	OnNewInvite = "invite"
	OnNewDeny   = "deny"

	LinkVerifiedEmail = "verified_email"
)

// Arrival is what became of somebody who comes from another provider.
type Arrival struct {
	// Person is who it is; nil if Prove is set.
	Person *account.Person
	// Created tells that the account is new, Connected that the connection is.
	Created, Connected bool
	// Prove is set if an account here has the address: whoever comes must prove that it is theirs.
	Prove bool
	// AMR and ACR are what was proved.
	AMR []string
	ACR string
}

// Upstreams are the providers that people can sign in with; never nil.
func (p *Provider) Upstreams() *upstream.Upstreams { return p.upstreams }

// Arrive appends to a batch what becomes of somebody who comes from another provider and wants to sign in. Errors are *Error; if another
// change comes between, the batch fails with storage.ErrConflict: then begin again.
func (p *Provider) Arrive(ctx context.Context, b *storage.Batch, id *upstream.Identity) (*Arrival, error) {
	s, err := p.upstreams.Source(id.Source)
	if err != nil {
		return nil, UpstreamError(err)
	}
	out := &Arrival{AMR: amrOf(id), ACR: acrOf(id)}
	known, err := p.accounts.Connected(ctx, foreignOf(id))
	switch {
	case err == nil:
		out.Person, err = p.known(ctx, b, s, id, known)
	case errors.Is(err, account.ErrNoConnection):
		err = p.unknown(ctx, b, s, id, out)
	}
	return out, err
}

// known is step 4, and 9 for who is known.
func (p *Provider) known(ctx context.Context, b *storage.Batch, s *upstream.Source, id *upstream.Identity, c *account.Connection) (*account.Person, error) {
	person, err := p.accounts.Person(ctx, c.Owner)
	if err != nil {
		return nil, err
	}
	if cause := person.Barred(p.db.Now()); cause != nil {
		return nil, &account.BarredError{Person: person, Cause: cause}
	}
	return p.refresh(ctx, b, s, id, person, c.Taken)
}

// refresh is step 9.
func (p *Provider) refresh(ctx context.Context, b *storage.Batch, s *upstream.Source, id *upstream.Identity, person *account.Person, taken map[string]string) (*account.Person, error) {
	next := person
	if fresh := freshClaims(person, s, id, taken); len(fresh) > 0 && !person.Declared {
		var err error
		if next, err = p.accounts.Edit(ctx, b, person.Subject, func(at *account.Person) error {
			takeClaims(at, fresh)
			return nil
		}); err != nil {
			return nil, err
		}
	}
	tokens, err := tokensOf(s, id)
	if err != nil {
		return nil, err
	}
	return next, p.accounts.UseConnection(ctx, b, foreignOf(id), tokens, func(c *account.Connection) {
		said := connectionOf(id)
		c.Email, c.EmailVerified, c.Name, c.Extra, c.Refreshed = said.Email, said.EmailVerified, said.Name, said.Extra, p.db.Now().Unix()
		c.Taken = takenFrom(s, id, taken)
	})
}

// unknown is what becomes of who is not connected: steps 5 to 8.
func (p *Provider) unknown(ctx context.Context, b *storage.Batch, s *upstream.Source, id *upstream.Identity, out *Arrival) error {
	local, err := p.local(ctx, id)
	if err != nil {
		return err
	}
	switch {
	case local == nil:
		return p.arriveNew(ctx, b, s, id, out)
	case s.LinkBy == LinkVerifiedEmail && id.EmailVerified && local.EmailVerified:
		if cause := local.Barred(p.db.Now()); cause != nil {
			return &account.BarredError{Person: local, Cause: cause}
		}
		out.Person, out.Connected = local, true
		return p.Connect(ctx, b, local, id)
	}
	out.Prove = true
	return nil
}

// local is the account here that has the address of who comes, if any has. Only an address that the provider vouches for is looked up:
// anybody can write any other into their profile there, and would learn who has an account here.
func (p *Provider) local(ctx context.Context, id *upstream.Identity) (*account.Person, error) {
	if id.Email == "" || !id.EmailVerified {
		return nil, nil
	}
	person, err := p.accounts.FindPerson(ctx, id.Email)
	if errors.Is(err, account.ErrUnknownPerson) {
		return nil, nil
	}
	return person, err
}

// arriveNew is step 7.
func (p *Provider) arriveNew(ctx context.Context, b *storage.Batch, s *upstream.Source, id *upstream.Identity, out *Arrival) error {
	allowed, err := p.mayCome(ctx, b, s, id)
	if err != nil {
		return err
	}
	if !allowed {
		return refuse("E-UP-07").got("somebody new, by %s", s.ID).allowed("who has an account").fix("on_new = create in the source %s lets people make accounts", s.ID)
	}
	person := account.Person{Username: p.freeUsername(ctx, s, id)}
	if id.EmailVerified {
		person.SetEmail(id.Email, true)
	}
	takeClaims(&person, textClaims(id))
	added, err := p.accounts.Add(ctx, b, person, "")
	if err != nil {
		return err
	}
	out.Person, out.Created, out.Connected = added, true, true
	return p.Connect(ctx, b, added, id)
}

// mayCome tells whether somebody new may have an account. An invitation to their address is used up by it.
func (p *Provider) mayCome(ctx context.Context, b *storage.Batch, s *upstream.Source, id *upstream.Identity) (bool, error) {
	switch {
	case s.OnNew == OnNewCreate:
		return true, nil
	case s.OnNew != OnNewInvite || !id.EmailVerified:
		return false, nil
	}
	return p.accounts.TakeInvitation(ctx, b, id.Email)
}

// Connect is step 8: it appends to a batch that a person here is somebody at another provider. The caller has made sure that they are.
func (p *Provider) Connect(ctx context.Context, b *storage.Batch, person *account.Person, id *upstream.Identity) error {
	s, err := p.upstreams.Source(id.Source)
	if err != nil {
		return UpstreamError(err)
	}
	tokens, err := tokensOf(s, id)
	if err != nil {
		return err
	}
	c := connectionOf(id)
	c.Taken, c.Refreshed = takenFrom(s, id, nil), p.db.Now().Unix()
	switch err := p.accounts.Connect(ctx, b, person, c, tokens); {
	case errors.Is(err, account.ErrConnected):
		return refuse("E-UP-08").got("an account of %s that is connected to another person", s.ID)
	case errors.Is(err, account.ErrFactors):
		return refuse("E-UP-08").got("more connections than a person may have")
	default:
		return err
	}
}

func foreignOf(id *upstream.Identity) account.Foreign {
	return account.Foreign{Source: id.Source, Issuer: id.Issuer, Subject: id.Subject}
}

func connectionOf(id *upstream.Identity) account.Connection {
	name, _ := id.Claims["name"].(string)
	return account.Connection{Foreign: foreignOf(id), Email: id.Email, EmailVerified: id.EmailVerified, Name: cutRunes(name, 128), Extra: id.Extra}
}

// upstreamTokens are a provider's tokens as a connection keeps them.
type upstreamTokens struct {
	Access       string `json:"access,omitempty"`
	AccessSecret string `json:"access_secret,omitempty"`
	Refresh      string `json:"refresh,omitempty"`
	Expires      int64  `json:"expires,omitempty"`
	Scope        string `json:"scope,omitempty"`
}

// tokensOf are the tokens to keep: nil for a source that keeps none.
func tokensOf(s *upstream.Source, id *upstream.Identity) (json.RawMessage, error) {
	t := id.Tokens
	if !s.KeepTokens || t.Access == "" {
		return nil, nil
	}
	return json.Marshal(upstreamTokens{Access: t.Access.Reveal(), AccessSecret: t.AccessSecret.Reveal(), Refresh: t.Refresh.Reveal(), Expires: t.Expires, Scope: t.Scope})
}

// keptTokens reads what tokensOf wrote.
func keptTokens(raw json.RawMessage) (upstream.Tokens, error) {
	var t upstreamTokens
	err := json.Unmarshal(raw, &t)
	return upstream.Tokens{
		Access: keys.Secret(t.Access), AccessSecret: keys.Secret(t.AccessSecret), Refresh: keys.Secret(t.Refresh), Expires: t.Expires, Scope: t.Scope,
	}, err
}

// amrOf is how somebody was authenticated: there, and if the source is trusted in that, how.
func amrOf(id *upstream.Identity) []string {
	amr := []string{MethodFederated}
	for _, m := range id.AMR {
		if !slices.Contains(amr, m) {
			amr = append(amr, m)
		}
	}
	return amr
}

// acrOf believes a trusted source that it asked for two factors.
func acrOf(id *upstream.Identity) string {
	if slices.Contains(id.AMR, account.MethodMulti) {
		return ACRTwoFactors
	}
	return ACROneFactor
}

// UpstreamError makes a refusal of what went wrong with a source.
func UpstreamError(err error) error {
	var of *upstream.Error
	if !errors.As(err, &of) {
		return err
	}
	for _, row := range upstreamRefusals {
		if errors.Is(of, row.kind) {
			e := refuse(row.code).got("%s", strings.TrimSpace(of.Source+" "+of.Code)).because(err)
			return e
		}
	}
	return refuse("E-UP-05").got("%s", of.Source).because(err)
}

// upstreamRefusals says which refusal each kind becomes.
var upstreamRefusals = []struct {
	kind error
	code string
}{
	{upstream.ErrSource, "E-UP-01"}, {upstream.ErrTrip, "E-UP-02"}, {upstream.ErrDenied, "E-UP-03"}, {upstream.ErrDown, "E-UP-04"}, {upstream.ErrDomain, "E-UP-06"},
	{upstream.ErrPosted, "E-UP-09"}, {upstream.ErrNoRule, "E-UP-10"},
}
