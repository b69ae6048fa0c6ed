// Package upstream signs people in with other providers: it sends a browser there, checks what comes back, and says who that is.
//
// A Source is one provider as the operator configured it: a row of the table of presets, each of whose fields may be another.
// Begin stores a trip and returns where the browser is to go; Finish takes what the browser brings back, spends the trip and returns
// an Identity. What a front end has got from a provider by itself is judged by VerifyIDToken and VerifyAccessToken, which take only
// what was issued to our client there.
//
// An Identity is a source, an issuer and a subject, compared byte for byte; nothing else says who somebody is. This package knows no
// accounts and shows no pages. Everything it fetches goes through package outbound.
package upstream
