// Package bolt is the storage engine for one machine: all records in one bbolt file.
//
// # Layout
//
// Each kind has a bucket of records: "l:kind" for a lasting kind, keyed by id; "p:kind" for a passing one, keyed by expiry
// and id, so that new records meet at one edge and dead ones are taken from the other. "e:kind" orders the lasting records
// that expire by when they do. "i:kind:index" holds one key for each indexed value: the value, then the record's key. The
// sequence number of a record bucket, which bbolt keeps beside the bucket's root, counts its records.
//
// # Writing
//
// Callers encode their batch, queue it, and then one of those waiting commits for all: it takes the whole queue into one
// bbolt transaction while newcomers queue behind it. A lone batch is committed at once by its own goroutine. Each batch is
// judged on its own, and sees what those before it in the same transaction wrote.
//
// # Damage
//
// bbolt trusts its file and maps it into memory: a truncated or overwritten one makes it panic or the process die. So Open
// looks at the file's pages before bbolt does, a record carries a checksum, a panic or a fault inside bbolt becomes
// storage.ErrDamaged, and Check looks at everything. What remains: in a store too large for Open to look at all of it, a
// page that leads to one above it sends bbolt round in circles until the process dies of it.
package bolt
