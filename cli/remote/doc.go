// Package remote is the command line as a client of a provider somewhere, as any other client: it knows the issuer and reads the
// rest from discovery, is let in by a person with the device grant (RFC 8628), keeps its tokens in a file of the user's, and gives
// them back.
package remote
