// Package conformance plays the certification plans of the OpenID Foundation against the real binary: one test a module, named
// after it, over TLS, by a relying party of its own that believes nothing it has not verified. docs/conformance.md tells
// how to run the Foundation's own suite.
package conformance
