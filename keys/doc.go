// Package keys holds the issuer's keys with their rotation, the seal over everything that is stored or handed out, and what
// is done with tokens: signing and encrypting ours, verifying and opening those of clients.
//
// A Master is the one secret that lives outside the data: a file with a few lines. A Sealer made from it encrypts and
// hashes, with a key of its own for every purpose. A Ring keeps the keys that sign tokens: each is published before it is
// used and stays published for as long as something that it signed may be alive. Keys of another kind are for clients to
// encrypt with; of these only the newest is published, and older ones still open what comes.
//
// The table of algorithms knows asymmetric signatures only. HMAC with a client's secret is a way of its own, which no public
// key can take; "none" does not exist here. Encryption has a table of its own too, in which nothing opens with a shared secret.
package keys
