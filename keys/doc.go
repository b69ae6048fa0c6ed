// Package keys holds the issuer's signing keys with their rotation, the seal over everything that is stored or handed out,
// and the verification of signed tokens, ours and those of clients.
//
// A Master is the one secret that lives outside the data: a file with a few lines. A Sealer made from it encrypts and
// hashes, with a key of its own for every purpose. A Ring keeps the keys that sign tokens: each is published before it is
// used and stays published for as long as something that it signed may be alive.
//
// Only asymmetric signatures are known to the table of algorithms; "none" and the encryption algorithms do not exist here.
package keys
