// Package postgres is the storage engine for several nodes: all records in one PostgreSQL database. It is tested
// with version 15 and uses nothing that is newer than 13.
//
// # Layout
//
// The tables live in a schema of their own (sql/tables.sql). Lasting records are rows of one table, passing records of
// another that has a partition for each day of expiry, so that a day's remains are dropped and not deleted one by one.
// Index entries are rows of two more tables, divided likewise. Ids and indexed values are bytea: their order is byte order
// whatever the database's collation. One row of meta holds the format and the high-water time.
//
// # Writing
//
// A batch is one call of the function apply_1 (sql/apply.sql): one round trip, one implicit transaction, which judges the
// conditions under locks and writes Then or Else. Why that is one step though transactions run READ COMMITTED is explained
// there. Deadlocks and serialization failures, of which there should be none, are retried a few times; a lost connection
// never is, because nobody knows what became of the batch: that is storage.ErrUnknown.
//
// # Notices
//
// Changes of Notify kinds are sent by NOTIFY in the transaction that makes them. Each engine listens on a connection of its
// own, which it tries every second; whenever it is without one it tells its watchers that anything may have changed.
//
// # What it needs
//
// A role that may create a schema in the database, or owns the schema already. A direct connection, or a proxy that pools
// whole sessions: settings, prepared statements and LISTEN belong to a session.
package postgres
