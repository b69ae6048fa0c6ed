// Package limit counts what may be done only so often: wrong passwords for one account, mails to one address, clients registered
// from one network. Counts are shared by all nodes, and a restart forgets next to nothing of them.
//
// A bucket holds a number of tries and fills up again with time. It is kept in memory, and in a record that all nodes know of. A
// node reads the record when it first meets a bucket and when it has not looked for some seconds; it writes when it has let
// through more tries than the record knows of, a quarter of the bucket, and waits for that before it lets the next one through. So
// of n nodes, or of n restarts, each may let through a quarter of a bucket too many, and no more. What is refused is refused from
// memory. Buckets are written together, in one batch for all that are due, and one batch after another: a flood of tries does not
// become a flood of batches.
//
// A bucket delays and never locks: it fills, whatever is tried meanwhile. Records are named by keyed hashes, say nothing but how
// much is owed and since when, and pass away by themselves.
package limit
