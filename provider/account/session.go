package account

import "signet/storage"

// sessionKind holds signed-in browsers; seenKind when one of them was last seen, if later than the session's record says.
// They are apart so that noting the time can never bring back a session that was ended meanwhile, and never fails a batch.
var (
	sessionKind = &storage.Kind{Name: "session", Passing: true}
	seenKind    = &storage.Kind{Name: "session.seen", Passing: true}
)

// indexSubject finds sessions and consents by person.
const indexSubject = "subject"

// Session is a browser in which a person is signed in.
type Session struct {
	// ID is 16 random bytes. It is no secret: the token is.
	ID string
	// SID is the `sid` claim (OIDC Front-Channel Logout 1.0 §3): ID in base64url. It stays the same when the person signs
	// in again in this session, so that clients which were told it hear of the session's end.
	SID     string
	Subject string
	// AuthTime is when the person last proved who they are, and AMR, ACR how (OIDC Core §2).
	AuthTime int64
	AMR      []string
	ACR      string
	// Created, LastSeen and Expires are in Unix seconds. LastSeen is up to a tenth of the idle period behind.
	Created, LastSeen, Expires int64
	// PersonEpoch is the person's epoch when they signed in.
	PersonEpoch uint32
	// Browser and Address are shown to the person in the list of their sessions.
	Browser, Address string

	// secret is the keyed hash of the token's secret part.
	secret string
	// version is the stored record's, for changes that build on what was read.
	version uint64
}

// sidOf is the public form of a session's id.
func sidOf(id string) string { return tokenEncoding.EncodeToString([]byte(id)) }

// SessionKey is the key of a session's record, to ask together with other records whether it is still there; id and expires
// are the session's ID and Expires. That it is there says that it was neither ended nor has run out, but not whether it is
// idle or its person's epoch has passed.
func SessionKey(id string, expires int64) storage.Key {
	return storage.Key{Kind: sessionKind, ID: id, Expires: expires}
}

func seenKey(s *Session) storage.Key {
	return storage.Key{Kind: seenKind, ID: s.ID, Expires: s.Expires}
}

func sessionTerms(s *Session) []storage.Term {
	return []storage.Term{{Index: indexSubject, Value: s.Subject}}
}
