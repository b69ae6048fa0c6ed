package account

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"slices"

	"signet/provider/audit"
	"signet/storage"
)

// identityKind holds connections; the id is the keyed hash of source, issuer and subject, so that one of them is one person's by
// construction. connectionsKind holds, by subject, which a person has: one record, so that the last way in is kept by moving its
// version on.
var (
	identityKind    = &storage.Kind{Name: "person.identity"}
	connectionsKind = &storage.Kind{Name: "person.connections"}
)

// Foreign names somebody at another provider, byte for byte. Nothing else does: an address of mail signs nobody in.
type Foreign struct {
	// Source is the id of the source in the configuration, Issuer who vouches there, Subject the person there.
	Source  string `json:"source"`
	Issuer  string `json:"iss,omitempty"`
	Subject string `json:"id"`
}

// Connection joins somebody at another provider to one person here.
type Connection struct {
	Foreign
	// Owner is the person's subject here.
	Owner string `json:"sub"`
	// Email is the address there; EmailVerified is what the source's rule says of it.
	Email         string `json:"email,omitempty"`
	EmailVerified bool   `json:"email_verified,omitempty"`
	// Name is how the person is called there.
	Name string `json:"name,omitempty"`
	// Extra is what the provider said last, without secrets.
	Extra json.RawMessage `json:"extra,omitempty"`
	// Taken are the values that were taken over into the profile last, by the names of claims: what differs from them since is the
	// person's own.
	Taken map[string]string `json:"taken,omitempty"`
	// Created, Used and Refreshed are in Unix seconds.
	Created   int64 `json:"created"`
	Used      int64 `json:"used,omitempty"`
	Refreshed int64 `json:"refreshed,omitempty"`
}

// connectionRecord is a Connection with what its JSON leaves out: the provider's tokens, if the source keeps them.
type connectionRecord struct {
	Connection
	Tokens json.RawMessage `json:"tokens,omitempty"`
}

// connections are the ids of the connections of one person.
type connections struct {
	IDs []string `json:"ids"`
}

const maxConnections = 20

var (
	// ErrConnected says that the account there is connected to another person here.
	ErrConnected = errors.New("account: connected to another person")
	// ErrNoConnection says that there is no such connection.
	ErrNoConnection error = absent("account: no such connection")
)

// identityID is the id of the record of somebody at another provider. The parts have their length before them: no two triples are one.
func (a *Accounts) identityID(f Foreign) string {
	var b []byte
	for _, part := range []string{f.Source, f.Issuer, f.Subject} {
		b = append(binary.AppendUvarint(b, uint64(len(part))), part...)
	}
	return base64.RawURLEncoding.EncodeToString(a.db.Hash("account.identity", b))
}

// Connected returns the connection of somebody at another provider, or ErrNoConnection.
func (a *Accounts) Connected(ctx context.Context, f Foreign) (*Connection, error) {
	row, err := a.identities.Get(ctx, a.identityID(f), 0)
	switch {
	case isNotFound(err) || err == nil && row.Value.Foreign != f:
		return nil, ErrNoConnection
	case err != nil:
		return nil, err
	}
	return &row.Value.Connection, nil
}

// Connections are those of a person, the oldest first.
func (a *Accounts) Connections(ctx context.Context, subject string) ([]Connection, error) {
	row, err := a.connectionsOf(ctx, subject)
	if err != nil {
		return nil, err
	}
	rows, err := a.identityRows(ctx, row.Value.IDs)
	list := make([]Connection, 0, len(rows))
	for _, r := range rows {
		if r.Value.Owner == subject {
			list = append(list, r.Value.Connection)
		}
	}
	return list, err
}

func (a *Accounts) connectionsOf(ctx context.Context, subject string) (storage.Row[connections], error) {
	row, err := a.connected.Get(ctx, subject, 0)
	if isNotFound(err) {
		err = nil
	}
	return row, err
}

func (a *Accounts) identityRows(ctx context.Context, ids []string) ([]storage.Row[connectionRecord], error) {
	if len(ids) == 0 {
		return nil, nil
	}
	wanted := make([]storage.Key, len(ids))
	for i, id := range ids {
		wanted[i] = a.identities.Key(id, 0)
	}
	records, err := a.db.Get(ctx, wanted...)
	if err != nil {
		return nil, err
	}
	var rows []storage.Row[connectionRecord]
	for _, r := range records {
		if !r.Present() {
			continue
		}
		row, err := a.identities.Decode(r)
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// Connect appends to a batch that somebody at another provider is a person here. It returns ErrConnected, or ErrFactors for a person
// with too many; the batch fails with storage.ErrConflict if one of both is connected meanwhile.
func (a *Accounts) Connect(ctx context.Context, b *storage.Batch, p *Person, c Connection, tokens json.RawMessage) error {
	row, err := a.connectionsOf(ctx, p.Subject)
	if err != nil {
		return err
	}
	id := a.identityID(c.Foreign)
	switch _, err := a.Connected(ctx, c.Foreign); {
	case err == nil:
		return ErrConnected
	case !errors.Is(err, ErrNoConnection):
		return err
	}
	if len(row.Value.IDs) >= maxConnections {
		return ErrFactors
	}
	c.Owner, c.Created, c.Used = p.Subject, a.unix(), a.unix()
	if err := a.identities.Create(b, a.identities.Key(id, 0), &connectionRecord{c, tokens}); err != nil {
		return err
	}
	if err := a.keepConnections(b, p.Subject, row, append(slices.Clone(row.Value.IDs), id)); err != nil {
		return err
	}
	return a.Record(ctx, b, audit.Event{Kind: "connection.added", Subject: p.Subject, Facts: map[string]string{"source": c.Source}})
}

func (a *Accounts) keepConnections(b *storage.Batch, subject string, row storage.Row[connections], ids []string) error {
	if row.Version == 0 {
		return a.connected.Create(b, a.connected.Key(subject, 0), &connections{ids})
	}
	return a.connected.Update(b, row, &connections{ids})
}

// UseConnection appends that a connection was used now, and what change makes of it. The batch fails with storage.ErrConflict if the
// connection is used or taken away meanwhile.
func (a *Accounts) UseConnection(ctx context.Context, b *storage.Batch, f Foreign, tokens json.RawMessage, change func(*Connection)) error {
	row, err := a.identities.Get(ctx, a.identityID(f), 0)
	if isNotFound(err) {
		return ErrNoConnection
	}
	if err != nil {
		return err
	}
	after := row.Value
	after.Used = a.unix()
	if change(&after.Connection); tokens != nil {
		after.Tokens = tokens
	}
	return a.identities.Update(b, row, &after)
}

// ConnectionTokens are the provider's tokens of a person's connection with a source, as they were given to Connect, or ErrNoConnection.
func (a *Accounts) ConnectionTokens(ctx context.Context, subject, source string) (Foreign, json.RawMessage, error) {
	row, err := a.connectionsOf(ctx, subject)
	if err != nil {
		return Foreign{}, nil, err
	}
	rows, err := a.identityRows(ctx, row.Value.IDs)
	if err != nil {
		return Foreign{}, nil, err
	}
	for _, r := range rows {
		if r.Value.Source == source && r.Value.Owner == subject && len(r.Value.Tokens) > 0 {
			return r.Value.Foreign, r.Value.Tokens, nil
		}
	}
	return Foreign{}, nil, ErrNoConnection
}

// Disconnect appends that a person is no longer somebody at another provider. It returns ErrNoConnection, or ErrLastFactor if they
// could not sign in any more: passwords tells whether a password would let them.
func (a *Accounts) Disconnect(ctx context.Context, b *storage.Batch, p *Person, f Foreign, passwords bool) (tokens json.RawMessage, err error) {
	list, err := a.connectionsOf(ctx, p.Subject)
	if err != nil {
		return nil, err
	}
	id := a.identityID(f)
	row, err := a.identities.Get(ctx, id, 0)
	switch {
	case isNotFound(err) || err == nil && (row.Value.Owner != p.Subject || row.Value.Foreign != f):
		return nil, ErrNoConnection
	case err != nil:
		return nil, err
	}
	factors, err := a.Factors(ctx, p.Subject)
	if err != nil {
		return nil, err
	}
	rest := slices.DeleteFunc(slices.Clone(list.Value.IDs), func(one string) bool { return one == id })
	if len(rest) == 0 && !factors.HasPasskey() && (p.Password == "" || !passwords) {
		return nil, ErrLastFactor
	}
	a.identities.Delete(b, row)
	a.asRead(b, p)
	b.If = append(b.If, storage.Condition{Key: a.factors.Key(p.Subject, 0), Version: factors.version})
	if err := a.keepConnections(b, p.Subject, list, rest); err != nil {
		return nil, err
	}
	return row.Value.Tokens, a.Record(ctx, b, audit.Event{Kind: "connection.removed", Subject: p.Subject, Facts: map[string]string{"source": f.Source}})
}

// RemoveConnections takes all connections of a person away at once, and ends everything that was issued to them.
func (a *Accounts) RemoveConnections(ctx context.Context, subject string) error {
	err := a.retry(ctx, func(b *storage.Batch) error {
		if err := a.freeConnections(ctx, b, subject); err != nil || b.Empty() {
			return err
		}
		return a.Record(ctx, b, audit.Event{Kind: "connection.removed", Subject: subject, Facts: map[string]string{"source": "all"}})
	})
	if err != nil {
		return err
	}
	return a.EndEverything(ctx, subject)
}

// freeConnections appends that all connections of a person are nobody's any more.
func (a *Accounts) freeConnections(ctx context.Context, b *storage.Batch, subject string) error {
	row, err := a.connectionsOf(ctx, subject)
	if err != nil || row.Version == 0 {
		return err
	}
	for _, id := range row.Value.IDs {
		b.Then = append(b.Then, storage.Write{Record: storage.Record{Key: a.identities.Key(id, 0)}, Delete: true})
	}
	a.connected.Delete(b, row)
	return nil
}
