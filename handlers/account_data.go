package handlers

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"signet/provider"
	"signet/provider/account"
	"signet/provider/audit"
	"signet/storage"
	"signet/templates"
)

// ownData says what the person can have of their data.
func (h *Handlers) ownData(w http.ResponseWriter, r *http.Request) error {
	self, _, err := h.self(w, r, dataPath, dataPath)
	if err != nil {
		return err
	}
	return h.Render(w, r, http.StatusOK, templates.Data{Self: self, Action: dataPath})
}

// copyOfData is everything that is kept of a person, without secrets.
type copyOfData struct {
	Issuer   string           `json:"issuer"`
	Made     time.Time        `json:"made"`
	Account  *account.Person  `json:"account"`
	Factors  []account.Factor `json:"factors"`
	Sessions []copyOfSession  `json:"sessions"`
	// Connections are their accounts at other providers, with what these said.
	Connections []account.Connection `json:"connections,omitempty"`
	Apps        []copyOfApp          `json:"apps"`
	Consents    []account.Consent    `json:"consents"`
	Activity    []audit.Record       `json:"activity"`
}

type copyOfSession struct {
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

type copyOfApp struct {
	ClientID string    `json:"client_id"`
	Name     string    `json:"client_name,omitempty"`
	Scopes   []string  `json:"scopes"`
	Since    time.Time `json:"since"`
	Away     bool      `json:"while_away,omitempty"`
}

// ownDataPosted gives the person a copy of their data, to keep. That they took one is on record before it leaves.
func (h *Handlers) ownDataPosted(w http.ResponseWriter, r *http.Request) error {
	v, err := h.visitor(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	data, err := h.dataOf(ctx, v.person)
	if err != nil {
		return err
	}
	body, err := json.MarshalIndent(data, "", "  ")
	if err != nil {
		return err
	}
	var b storage.Batch
	if err := h.accounts.Record(ctx, &b, audit.Event{Kind: "person.exported", Subject: v.person.Subject}); err != nil {
		return err
	}
	if err := h.db.Apply(ctx, b); err != nil {
		return err
	}
	w.Header()["Content-Type"] = jsonType
	w.Header().Set("Content-Disposition", `attachment; filename="account.json"`)
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(append(body, '\n')) // the browser may have gone
	return nil
}

// dataOf gathers what is kept of a person.
func (h *Handlers) dataOf(ctx context.Context, person *account.Person) (*copyOfData, error) {
	data := &copyOfData{Issuer: h.issuer, Made: h.db.Now().UTC(), Account: person}
	factors, err := h.accounts.Factors(ctx, person.Subject)
	if err != nil {
		return nil, err
	}
	data.Factors = factors.List()
	if data.Connections, err = h.accounts.Connections(ctx, person.Subject); err != nil {
		return nil, err
	}
	sessions, err := h.accounts.Sessions.List(ctx, person.Subject)
	if err != nil {
		return nil, err
	}
	for _, s := range sessions {
		data.Sessions = append(data.Sessions, copySession(s))
	}
	apps, err := h.provider.Applications(ctx, person)
	if err != nil {
		return nil, err
	}
	for _, a := range apps {
		data.Apps = append(data.Apps, copyApp(a))
	}
	if data.Consents, err = h.provider.ConsentsOf(ctx, person.Subject); err != nil {
		return nil, err
	}
	data.Activity, err = h.trail.OfSubject(ctx, person.Subject, "", maxCopied)
	return data, err
}

// maxCopied bounds the activity in a copy.
const maxCopied = 10_000

func copySession(s *account.Session) copyOfSession {
	at := func(unix int64) time.Time { return time.Unix(unix, 0).UTC() }
	return copyOfSession{
		SID: s.SID, Browser: s.Browser, Address: s.Address, AMR: s.AMR, ACR: s.ACR,
		SignedIn: at(s.AuthTime), Created: at(s.Created), LastSeen: at(s.LastSeen), Expires: at(s.Expires),
	}
}

func copyApp(a provider.Application) copyOfApp {
	c := copyOfApp{ClientID: a.ClientID, Scopes: a.Scopes, Since: time.Unix(a.Since, 0).UTC(), Away: a.Away}
	if a.Client != nil {
		c.Name = a.Client.Name
	}
	return c
}
