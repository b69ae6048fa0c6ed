// Package playground is a relying party that knows only the issuer and shows every step: what it asks, what it is answered, and
// what it makes of that.
//
// It is a client like any other. It reads discovery and keys over HTTP, sends the browser to the authorization endpoint,
// receives the answer at an address of its own, exchanges the code and checks the ID token with a library that is not ours
// (coreos/go-oidc). Nothing tells it what the provider thinks.
//
//	Playground   what all runs have in common: the issuer, the way out, the clock
//	  runs       the runs of all browsers, in memory, for a day
//	    run      one walk through a flow: a client, a request, an answer, tokens
//	  flow       which steps a kind of run has, in order
//	    step     when it can be visited, what it shows, what its form does
//	  registration  the client makes itself known (RFC 7591), with metadata and a key of its own, and manages its record
//	  request    what is asked, by which response type and mode
//	  way        how it travels: in the address, pushed (push), signed (requestobject), or by a form (carry)
//	  called     the addresses at which the provider calls a registered client
//	  arrival    an answer comes back: in the query, in the fragment, by POST with a cookie or, parked, without
//	  callback   how it compares with what was expected, jarm when it is signed, front when tokens come with it
//	  verdict    what was found out about a token of the issuer, by the rules of judge
//	  endsession the browser is sent to sign out; ended shows what came of it, and each logoutcall as it was received
//	  pages      the routes: find the run, take the step, send the browser on
//
// A form is posted, something is done, and the browser is sent to the page that shows it; to load a page again does nothing
// again. Tokens are on pages and in memory, never in an address.
package playground
