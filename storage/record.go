package storage

// Kind declares one kind of record. Declare each once, as a package variable, where its records are used; engines learn all
// they need from it, so a new kind costs no engine a line.
type Kind struct {
	// Name is lower-case ASCII of at most 32 bytes and never changes: it is part of every key and every seal.
	Name string
	// Passing records die by themselves. They are keyed by expiry and id together, so that inserts meet at one edge and
	// removal at the other; whoever reads one must know both. Lasting records (the others) are keyed by id alone.
	Passing bool
	// Notify announces every change of such a record to the watchers of every node (see Engine.Watch). It is for the few
	// kinds that are cached.
	Notify bool
}

// Key names a record.
type Key struct {
	Kind *Kind
	// ID is 1 to 512 bytes, any bytes.
	ID string
	// Expires is in Unix seconds. Of a passing kind it is part of the key and must be positive. Of a lasting kind Get and
	// conditions ignore it, and a written record has 0 for "never".
	Expires int64
}

// Record is what an engine keeps. Its Value is opaque to the engine.
type Record struct {
	Key
	// Version is at least 1. Who writes a record chooses it: 1 on creation, the former plus 1 on a change. 0 means absent.
	Version uint64
	Value   []byte
	// Index are the values by which List finds the record; a later write replaces all of them.
	Index []Entry
}

// Present tells whether the record was there.
func (r Record) Present() bool { return r.Version != 0 }

// Entry is one indexed value. A record may have several values of one index, and no two equal ones.
//
// Exact indexes hold keyed hashes (see Table), ordered ones plain text, which a stolen file shows: use them only for the
// few lists that people page and search. Engines treat both as bytes in byte order.
type Entry struct {
	// Index is lower-case ASCII of at most 32 bytes.
	Index string
	// Value is 1 to 256 bytes.
	Value []byte
}

// Query asks for a page of records of one kind.
type Query struct {
	Kind *Kind
	// Index names an index; records come in the order of their values, then of their keys. Empty means the order of keys.
	Index string
	// Equal keeps only records with exactly this value of Index; Prefix only those whose value (without an Index: whose id,
	// of lasting kinds) begins so. At most one of the two may be set.
	Equal, Prefix []byte
	// After is the Next of the page before, or empty for the first.
	After string
	// Limit is 1 to 1000.
	Limit int
}

// Page is an answer to a Query.
type Page struct {
	Records []Record
	// Next continues the list; empty at its end. It is an opaque value that stays good while records come and go: nothing
	// that was there all the while is missed or shown twice.
	Next string
}
