// Package outbound is the one way out: the HTTP client with which the provider fetches what others have told it the address
// of, keys and lists and pictures of clients above all, and tells them what happened.
//
// Whoever can name an address can make a server ask its own neighbours. So every connection is judged when it is dialled, by
// the address that the name has turned out to be: only public ones are reached, and those that the operator has listed. Proxies
// of the environment are not used, redirects are not followed, and nothing is unpacked. An answer is bounded in size and time.
package outbound
