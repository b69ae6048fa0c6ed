// Package storage keeps records and changes them in batches. It knows nothing of OAuth.
//
// A Record is a kind, an id, sealed bytes, a version, an expiry and indexed values. Reads take no lock. Every change is a
// Batch: If (conditions) Then (writes) Else (other writes), all or nothing. Spending something is creating its marker if it
// is absent, or moving a version on; of any number of racing batches, on any number of nodes, exactly one wins.
//
// An Engine (storage/bolt, storage/postgres) is what keeps the records; storage/storagetest is the contract as a test. A
// Table gives a kind of record its Go type, and seals what the engine keeps.
package storage
