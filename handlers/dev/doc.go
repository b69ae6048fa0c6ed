// Package dev is development mode: a provider on localhost with people to pick, that takes any client on this machine, tells
// what happens, moves its clock and fails on demand.
//
// Its powers refuse to exist in production: New demands an issuer on this machine and a Directory, which only
// OpenDirectory and TemporaryDirectory make, and neither of a directory that holds anything else than development data.
package dev
