// Package provider is the OpenID Provider: protocol and policy. It composes fosite, and knows no page, no cookie and no engine.
//
// Three tables are its heart, each the only place that knows its subject: grant types (grants.go), client authentication
// methods (clientauth.go), and the ordered reasons to stop and ask the person (decide.go). Discovery is read off them.
//
// What it hands out is sealed: the waiting authorization request, the code, the access token, the refresh token. What it
// stores is a grant for each redeemed code, and markers for what was spent or denied. A request appends to one batch, which
// is applied once, after the answer is built and before a byte of it is written.
package provider
