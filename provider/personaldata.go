package provider

import (
	"context"
	"time"

	"signet/provider/account"
	"signet/provider/audit"
	"signet/storage"
)

// PersonalData is everything that is kept of a person, without secrets, as they get it and the operator can.
type PersonalData struct {
	Issuer string    `json:"issuer"`
	Made   time.Time `json:"made"`
	// Account has what they agreed to, and what becomes of it, among its members.
	Account *account.Person `json:"account"`
	// State is what the account is good for.
	State   account.State    `json:"state"`
	Factors []account.Factor `json:"factors"`
	// Connections are accounts at other providers, without tokens.
	Connections []account.Connection `json:"connections"`
	Sessions    []PersonalSession    `json:"sessions"`
	Apps        []PersonalApp        `json:"apps"`
	Consents    []account.Consent    `json:"consents"`
	Activity    []PersonalRecord     `json:"activity"`
}

// PersonalRecord is something that happened to their account.
type PersonalRecord audit.Record

// PersonalSession is a browser in which they are signed in.
type PersonalSession struct {
	SID      string    `json:"sid"`
	Browser  string    `json:"browser,omitempty"`
	Address  string    `json:"address,omitempty"`
	AMR      []string  `json:"amr,omitempty"`
	ACR      string    `json:"acr,omitempty"`
	SignedIn time.Time `json:"signed_in"`
	Created  time.Time `json:"created"`
	LastSeen time.Time `json:"last_seen"`
	Expires  time.Time `json:"expires"`
}

// PersonalApp is what they allowed an application.
type PersonalApp struct {
	ClientID string    `json:"client_id"`
	Name     string    `json:"client_name,omitempty"`
	Scopes   []string  `json:"scopes"`
	Since    time.Time `json:"since"`
	Away     bool      `json:"while_away,omitempty"`
}

// ExportPerson gathers what is kept of a person, to be given away. That it was taken is on record before it leaves.
func (p *Provider) ExportPerson(ctx context.Context, person *account.Person) (*PersonalData, error) {
	data, err := p.PersonalData(ctx, person)
	if err != nil {
		return nil, err
	}
	var b storage.Batch
	if err := p.trail.Record(ctx, &b, audit.Event{Kind: "person.exported", Subject: person.Subject}); err != nil {
		return nil, err
	}
	return data, p.db.Apply(ctx, b)
}

// PersonalData gathers what is kept of a person.
func (p *Provider) PersonalData(ctx context.Context, person *account.Person) (*PersonalData, error) {
	data := &PersonalData{Issuer: p.issuer, Made: p.db.Now().UTC(), Account: person, State: person.StateAt(p.db.Now())}
	factors, err := p.accounts.Factors(ctx, person.Subject)
	if err != nil {
		return nil, err
	}
	data.Factors = factors.List()
	if data.Connections, err = p.accounts.Connections(ctx, person.Subject); err != nil {
		return nil, err
	}
	sessions, err := p.accounts.Sessions.List(ctx, person.Subject)
	if err != nil {
		return nil, err
	}
	for _, s := range sessions {
		data.Sessions = append(data.Sessions, copySession(s))
	}
	apps, err := p.Applications(ctx, person)
	if err != nil {
		return nil, err
	}
	for _, a := range apps {
		data.Apps = append(data.Apps, copyApp(a))
	}
	if data.Consents, err = p.ConsentsOf(ctx, person.Subject); err != nil {
		return nil, err
	}
	records, err := p.trail.OfSubject(ctx, person.Subject, "", maxCopied)
	for _, r := range records {
		data.Activity = append(data.Activity, PersonalRecord(r))
	}
	return data, err
}

// maxCopied bounds the activity in a copy.
const maxCopied = 10_000

func copySession(s *account.Session) PersonalSession {
	at := func(unix int64) time.Time { return time.Unix(unix, 0).UTC() }
	return PersonalSession{
		SID: s.SID, Browser: s.Browser, Address: s.Address, AMR: s.AMR, ACR: s.ACR,
		SignedIn: at(s.AuthTime), Created: at(s.Created), LastSeen: at(s.LastSeen), Expires: at(s.Expires),
	}
}

func copyApp(a Application) PersonalApp {
	c := PersonalApp{ClientID: a.ClientID, Scopes: a.Scopes, Since: time.Unix(a.Since, 0).UTC(), Away: a.Away}
	if a.Client != nil {
		c.Name = a.Client.Name
	}
	return c
}
