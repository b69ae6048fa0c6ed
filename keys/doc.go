// Package keys holds the issuer's signing keys with their rotation, the seal over everything that is stored or handed out,
// and the verification of signed tokens, ours and those of clients.
//
// A Master is the one secret that lives outside the data: a file with a few lines. A Sealer made from it encrypts and
// hashes, with a key of its own for every purpose. A Ring keeps the keys that sign tokens: each is published before it is
// used and stays published for as long as something that it signed may be alive.
//
// The table of algorithms knows asymmetric signatures only. HMAC with a client's secret is a way of its own, which no public
// key can take; "none" and the encryption algorithms do not exist here.
package keys
