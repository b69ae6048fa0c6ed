package provider

import (
	"context"
	"crypto/hmac"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"

	"signet/keys"
	"signet/storage"
)

// PathRegister is the client registration endpoint below the issuer; below it is each client's own (RFC 7592 §1.1).
const PathRegister = "/register"

// Prefixes of the tokens of registration, for readers and leak scanners.
const (
	prefixInitial      = "sit_"
	prefixRegistration = "sra_"
)

// registeredTerm finds the clients that registered themselves.
var registeredTerm = storage.Term{Index: "registered", Value: "yes"}

// registry is what the provider knows of clients that registered themselves.
type registry struct {
	Registration
	initials  *storage.Table[InitialToken]
	used      usedClients
	usedMarks storage.Markers
	// size is how many such clients there are, as far as is known; counted tells whether somebody has counted.
	size    atomic.Int64
	counted atomic.Bool
}

func newRegistry(db *storage.DB, rules Registration) *registry {
	return &registry{
		Registration: rules.withDefaults(),
		initials:     storage.NewTable(db, initialKind, storage.JSON[InitialToken](), nil),
		usedMarks:    storage.Markers{Kind: usedKind},
	}
}

// Register answers a registration (RFC 7591 §3.1, OIDC Registration §3.1) with the members of its JSON answer. document is the
// body; an initial access token may be in the header. Errors are *Error.
func (p *Provider) Register(ctx context.Context, r *http.Request, document []byte) (map[string]any, error) {
	answer, err := p.register(ctx, r, document)
	if err != nil {
		return nil, p.refused(ctx, nil, err)
	}
	return answer, nil
}

func (p *Provider) register(ctx context.Context, r *http.Request, document []byte) (map[string]any, error) {
	initial, err := p.admitted(ctx, r)
	if err != nil {
		return nil, err
	}
	if err := p.roomForClient(ctx); err != nil {
		return nil, err
	}
	m, err := readMetadata(document)
	if err != nil {
		return nil, err
	}
	c := &Client{Registered: true, RegisteredWith: initial.Value.ID}
	if err := p.describe(ctx, c, m, initial.Value.Scopes); err != nil {
		return nil, err
	}
	secret, err := p.completeClient(c)
	if err != nil {
		return nil, asRegistration(err)
	}
	token, err := p.newRegistrationToken(c)
	if err != nil {
		return nil, err
	}
	if err := p.addRegistered(ctx, r, c, initial); err != nil {
		return nil, err
	}
	p.registry.size.Add(1)
	p.observeEvent(ctx, Event{Kind: "register", Client: c.ID, Name: c.Name, Text: strings.Join(c.RedirectURIs, " ")})
	return p.registrationAnswer(c, m, secret, token), nil
}

// describe makes of metadata a record that a registrant may have. The rules of all clients are not applied here: completeClient
// and EditClient do that, to the final state. scopes are what such a client may have beside the standard ones.
func (p *Provider) describe(ctx context.Context, c *Client, m metadata, scopes []string) (err error) {
	if m, err = p.withStatement(c, m); err != nil {
		return err
	}
	if err := m.apply(c); err != nil {
		return err
	}
	c.fillRegistered()
	if c.Scopes, err = m.scopes(append(StandardScopes(), scopes...)); err != nil {
		return err
	}
	if member, why := p.registrantFault(c); member != "" {
		return badMetadata(member, why)
	}
	return p.checkSector(ctx, c)
}

// addRegistered writes the client and uses its initial access token, if it has one, in one batch.
func (p *Provider) addRegistered(ctx context.Context, r *http.Request, c *Client, initial storage.Row[InitialToken]) (err error) {
	for range maxRetries {
		var b storage.Batch
		if err := p.clients.Create(&b, p.clients.Key(c.ID, 0), c); err != nil {
			return err
		}
		if err := p.recordClient(asClient(ctx), &b, "client.registered", c.ID); err != nil {
			return err
		}
		if initial.Value.ID != "" {
			if err := p.useInitial(&b, initial); err != nil {
				return err
			}
		}
		if err = p.db.Apply(ctx, b); !errors.Is(err, storage.ErrConflict) {
			return err
		}
		if initial, err = p.admitted(ctx, r); err != nil { // somebody else used it at the same moment
			return err
		}
	}
	return refuse("E-SERVER-02").got("too many registrations at once")
}

// newRegistrationToken makes the token with which the client manages its record. Only its keyed hash is kept.
func (p *Provider) newRegistrationToken(c *Client) (keys.Secret, error) {
	text, err := p.randomToken(prefixRegistration)
	if err != nil {
		return "", err
	}
	c.RegistrationToken = p.registrationHash(c.ID, text)
	return keys.Secret(text), nil
}

func (p *Provider) randomToken(prefix string) (string, error) {
	var raw [32]byte
	if _, err := io.ReadFull(p.rand, raw[:]); err != nil {
		return "", fmt.Errorf("provider: randomness: %w", err)
	}
	return prefix + base64.RawURLEncoding.EncodeToString(raw[:]), nil
}

func (p *Provider) registrationHash(id, token string) []byte {
	return p.sealer.Hash("registration.token", []byte(id+"\x00"+token))
}

// manages tells whether a token is that of a client's record.
func (p *Provider) manages(c *Client, token string) bool {
	return hmac.Equal(p.registrationHash(c.ID, token), c.RegistrationToken) && c.Registered && !c.Disabled
}

// registrationAnswer are the members of RFC 7591 §3.2.1: what the record says now, and what is said this once.
func (p *Provider) registrationAnswer(c *Client, m metadata, secret, token keys.Secret) map[string]any {
	answer := registeredMembers(c)
	answer["client_id"] = c.ID
	answer["client_id_issued_at"] = c.Created
	answer["scope"] = strings.Join(c.Scopes, " ")
	answer["registration_client_uri"] = p.issuer + PathRegister + "/" + url.PathEscape(c.ID)
	if secret != "" {
		answer["client_secret"] = secret.Reveal()
		answer["client_secret_expires_at"] = 0 // never
	}
	if token != "" {
		answer["registration_access_token"] = token.Reveal()
	}
	if statement, ok := m["software_statement"]; ok {
		answer["software_statement"] = statement
	}
	return answer
}

// registeredMembers are what a registrant may know of its record: what it may say.
func registeredMembers(c *Client) map[string]any {
	text, err := json.Marshal(c)
	all := map[string]json.RawMessage{}
	if err == nil {
		err = json.Unmarshal(text, &all)
	}
	if err != nil {
		panic("provider: a client's record is no JSON: " + err.Error()) // it was read from JSON
	}
	answer := map[string]any{}
	for _, row := range ClientMembers(SetByRegistrant) {
		if value, ok := all[row.Name]; ok {
			answer[row.Name] = value
		}
	}
	return answer
}

// roomForClient refuses when there are as many as there may be. The count is that of the last look and what came since.
func (p *Provider) roomForClient(ctx context.Context) error {
	if !p.registry.counted.Load() {
		if err := p.countRegistered(ctx); err != nil {
			return err
		}
	}
	if n := p.registry.size.Load(); n >= int64(p.registry.MaxClients) {
		return refuse("E-REG-04").got("%d clients", n).allowed("%d", p.registry.MaxClients)
	}
	return nil
}

func (p *Provider) countRegistered(ctx context.Context) error {
	n := int64(0)
	err := p.eachRegistered(ctx, func([]storage.Row[Client]) error { return nil }, &n)
	if err == nil {
		p.registry.size.Store(n)
		p.registry.counted.Store(true)
	}
	return err
}

// eachRegistered visits the clients that registered themselves, a page at a time, and counts them.
func (p *Provider) eachRegistered(ctx context.Context, visit func([]storage.Row[Client]) error, n *int64) error {
	for after := ""; ; {
		rows, next, err := p.clients.List(ctx, &registeredTerm, after, 500)
		if err != nil {
			return err
		}
		*n += int64(len(rows))
		if err := visit(rows); err != nil || next == "" {
			return err
		}
		after = next
	}
}

// extraScopes are what a client may have beside the standard ones: those that it has, which somebody must have given it.
func extraScopes(c *Client) []string {
	return slices.DeleteFunc(slices.Clone(c.Scopes), func(s string) bool { return slices.Contains(StandardScopes(), s) })
}
