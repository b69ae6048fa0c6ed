package provider

import (
	"signet/storage"
)

var (
	grantKind  = &storage.Kind{Name: "grant", Passing: true}
	spentKind  = &storage.Kind{Name: "spent", Passing: true}
	deniedKind = &storage.Kind{Name: "denied", Passing: true}
)

// Grant is the record of a redeemed code: what a person allowed a client. Its tokens live as long as it is there; to revoke
// it is to delete it.
type Grant struct {
	Mandate
	// Generation is the only one that a refresh token may spend. It moves on when a token rotates.
	Generation uint64
	// Moved is when it last did, in Unix seconds.
	Moved   int64
	Created int64
}

func (g *Grant) marshal() []byte {
	w := newWriter(formConsent)
	g.Mandate.write(w)
	w.uint(g.Generation)
	w.int(g.Moved)
	w.int(g.Created)
	return w.b
}

func (g *Grant) unmarshal(b []byte) error {
	r := newReader(b, formPlain, formConsent)
	g.Mandate.read(r)
	g.Generation = r.uint()
	g.Moved = r.int()
	g.Created = r.int()
	return r.done()
}

func grantTable(db *storage.DB) *storage.Table[Grant] {
	codec := storage.Codec[Grant]{
		Marshal:   func(g *Grant) ([]byte, error) { return g.marshal(), nil },
		Unmarshal: func(b []byte, g *Grant) error { return g.unmarshal(b) },
	}
	return storage.NewTable(db, grantKind, codec, grantTerms)
}

// grantTerms lets a person's offline grants be listed. Others end with their session and are not worth the room.
func grantTerms(g *Grant) []storage.Term {
	if !g.Offline {
		return nil
	}
	return []storage.Term{{Index: "subject", Value: g.Subject}, {Index: "client", Value: g.ClientID}}
}

// dropGrant deletes the grant whatever its version: it must be gone.
func dropGrant(id string, expires int64) storage.Write {
	key := storage.Key{Kind: grantKind, ID: id, Expires: expires}
	return storage.Write{Record: storage.Record{Key: key}, Delete: true}
}
