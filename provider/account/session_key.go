package account

import "signet/storage"

// SessionKey is the key of a session's record, for those who only need to know whether it is there. id and expires are the
// session's ID and Expires.
func SessionKey(id string, expires int64) storage.Key {
	return storage.Key{Kind: sessionKind, ID: id, Expires: expires}
}
