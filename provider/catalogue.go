package provider

import "sort"

// Catalogue returns every refusal, in the order of codes.
func Catalogue() []Entry {
	out := make([]Entry, 0, len(catalogue))
	out = append(out, catalogue...)
	sort.Slice(out, func(i, j int) bool { return out[i].Code < out[j].Code })
	return out
}

// Lookup returns the catalogue's row with this code.
func Lookup(code string) (Entry, bool) {
	e, ok := byCode[code]
	return e, ok
}

// entry panics for a code that is in no row: a programmer's error that every test of the refusal finds.
func entry(code string) Entry {
	e, ok := byCode[code]
	if !ok {
		panic("provider: no refusal " + code)
	}
	return e
}

var byCode = func() map[string]Entry {
	m := make(map[string]Entry, len(catalogue))
	for _, e := range catalogue {
		m[e.Code] = e
	}
	return m
}()

// fositeCodes finds the row for an OAuth error code that fosite made.
var fositeCodes = map[string]string{
	"invalid_request":            "E-REQ-01",
	"unsupported_response_type":  "E-TYPE-01",
	"unsupported_response_mode":  "E-MODE-01",
	"unauthorized_client":        "E-CLIENT-03",
	"invalid_scope":              "E-SCOPE-01",
	"invalid_client":             "E-CLIENT-02",
	"invalid_grant":              "E-GRANT-01",
	"unsupported_grant_type":     "E-GRANT-02",
	"access_denied":              "E-CONSENT-01",
	"login_required":             "E-PROMPT-01",
	"consent_required":           "E-PROMPT-02",
	"interaction_required":       "E-PROMPT-03",
	"registration_not_supported": "E-REQ-06",
	"invalid_state":              "E-REQ-01",
	"invalid_token":              "E-TOKEN-01",
	"insufficient_scope":         "E-TOKEN-02",
	"scope_not_granted":          "E-SCOPE-01",
	"request_unauthorized":       "E-TOKEN-01",
	"token_inactive":             "E-TOKEN-01",
	"not_found":                  "E-GRANT-01",
	"server_error":               "E-SERVER-01",
	"temporarily_unavailable":    "E-SERVER-02",
}

var catalogue = []Entry{
	{"E-CLIENT-01", "invalid_request", 400, "the client is not known",
		"No client is registered under this client_id, or it is disabled.", "Register it: signet client add, or correct the client_id."},
	{"E-CLIENT-02", "invalid_client", 401, "client authentication failed",
		"The client is unknown, its secret is wrong, or it used another authentication method than its record names.",
		"Compare client_id, secret and token_endpoint_auth_method with: signet client show."},
	{"E-CLIENT-03", "unauthorized_client", 400, "the client may not use this grant type",
		"The client's record does not list this grant type or response type.", "Add it to the client's record: signet client edit --add-grant-type."},
	{"E-CLIENT-04", "invalid_request", 400, "only one client authentication method may be used",
		"The request carries client credentials in more than one place.", "Send either an Authorization header, or client_secret, or client_assertion."},
	{"E-REDIR-01", "invalid_request", 400, "redirect_uri is not registered for this client",
		"redirect_uri must be byte for byte one that the client's record lists; only the port of a registered http loopback address may differ.",
		"Register exactly the address that the application sends."},
	{"E-REDIR-02", "invalid_request", 400, "redirect_uri is missing",
		"OpenID Connect demands redirect_uri in every authorization request.", "Send a registered redirect_uri."},
	{"E-REDIR-03", "invalid_redirect_uri", 400, "redirect_uri cannot be registered",
		"A redirect URI must be absolute, without fragment and user info; https, http on a loopback host, or a private scheme with a dot.",
		"Use https, http://127.0.0.1 or com.example.app:/callback."},
	{"E-REG-01", "invalid_client_metadata", 400, "the client metadata cannot be registered",
		"A member of the registration is of the wrong type, out of its range, or not allowed to clients that register themselves; the description names it.",
		"Compare the member with OpenID Connect Dynamic Client Registration section 2, and with the section [registration] of the configuration."},
	{"E-REG-02", "invalid_software_statement", 400, "the software statement is not valid",
		"The statement is malformed, not signed by the issuer that it names, has ended, or is missing from an update of a client that came with one.",
		"Get a new statement from its issuer, and send it with updates too."},
	{"E-REG-03", "unapproved_software_statement", 400, "software statements of this issuer are not accepted",
		"The statement's issuer is none of the configuration's.", "Leave the statement out, or add its issuer: [[software_issuer]]."},
	{"E-REG-04", "temporarily_unavailable", 503, "no more clients can be registered just now",
		"As many clients have registered themselves as registration.max_clients allows.", "Remove clients that nobody needs, or raise the limit."},
	{"E-REG-05", "invalid_client_metadata", 400, "sector_identifier_uri: could not fetch",
		"The list of redirect URIs at sector_identifier_uri could not be fetched; the log says why.",
		"See that the address answers 200 over TLS within 5 seconds, without redirects, in at most 64 KiB; outbound.allow_private lists private networks to reach."},
	{"E-REG-06", "invalid_client_metadata", 400, "sector_identifier_uri does not list every redirect_uri",
		"What is at sector_identifier_uri is not a JSON array of texts, or not with every redirect URI of the client (OpenID Connect Registration section 5).",
		"Add the redirect URIs to the list, byte for byte."},
	{"E-REQ-01", "invalid_request", 400, "the request is malformed",
		"A parameter is missing, malformed or out of its range.", "Compare the request with discovery and the parameter's specification."},
	{"E-REQ-02", "invalid_request", 400, "a parameter is given more than once",
		"Parameters must not be repeated (RFC 6749 section 3.1).", "Send each parameter once."},
	{"E-REQ-03", "invalid_request", 400, "the request is too large",
		"The request cannot travel through the pages in a URL of 6 kilobytes.", "Shorten state, nonce or scope, or push the request (RFC 9126)."},
	{"E-REQ-06", "registration_not_supported", 400, "registration is not supported here",
		"The registration parameter is not supported.", "Register the client beforehand."},
	{"E-REQ-07", "invalid_request", 400, "this sign-in has expired or belongs to another browser",
		"The sealed request is older than its life, was changed, or was opened in another browser.", "Start again from the application."},
	{"E-REQ-08", "invalid_request_uri", 400, "request_uri is unknown, expired, answered or of another client",
		"A pushed request is good for 90 seconds until the browser comes with it, for one answer, and for the client that pushed it (RFC 9126 section 2.2).",
		"Push the request again, and send the browser to /authorize at once with the new request_uri and the same client_id."},
	{"E-REQ-09", "invalid_request", 400, "the client must push its authorization requests",
		"The client's record has require_pushed_authorization_requests (RFC 9126 section 6).",
		"Send the parameters to the pushed_authorization_request_endpoint, then request_uri and client_id alone to /authorize."},
	{"E-REQ-10", "invalid_request_object", 400, "the request object is not acceptable",
		"A request object is a JWT that the client has signed for this issuer, with its client_id as iss and client_id, in its time, and once if it has a jti (RFC 9101 section 6).",
		"Compare its signature with the client's keys, and its claims iss, aud, client_id, exp, nbf and jti with RFC 9101; parameters that are not in it do not count."},
	{"E-REQ-11", "invalid_request_uri", 400, "request_uri is not registered for this client",
		"A request object is fetched from an address that the client's record lists in request_uris, fragments aside.",
		"Add the address to request_uris, or push the request."},
	{"E-REQ-12", "invalid_request_uri", 400, "the request object could not be fetched",
		"The address did not answer with a request object of at most 64 KiB in time, or was asked too often. The log says more.",
		"Fetch the address from elsewhere: it must answer at once, without a redirect, over TLS; or push the request."},
	{"E-REQ-13", "invalid_request", 400, "the client must sign its authorization requests",
		"The client's record has require_signed_request_object (RFC 9101 section 10.5).",
		"Send the parameters in a request object, by the parameter request or to the pushed_authorization_request_endpoint."},
	{"E-TYPE-01", "unsupported_response_type", 400, "the client may not use this response_type",
		"The response_type is unknown, or the client's record does not list it.", "Use response_type=code, or add the type to the record: signet client edit --add-response-type."},
	{"E-TYPE-02", "invalid_request", 400, "this response_type needs the scope openid",
		"An ID token can only be asked for with the scope openid.", "Add openid to scope."},
	{"E-ACR-01", "unmet_authentication_requirements", 400, "the sign-in cannot reach the demanded acr",
		"The claims parameter makes acr essential, with values that no sign-in here reaches.", "Ask for one of acr_values_supported."},
	{"E-MODE-01", "invalid_request", 400, "the client may not use this response_mode",
		"The response_mode is unknown, or not allowed together with this response_type.", "Leave response_mode out; with tokens in the answer use fragment or form_post."},
	{"E-SCOPE-01", "invalid_scope", 400, "a requested scope is not allowed",
		"A scope is unknown, not in the client's record, or was not granted.", "Ask for less, or add it: signet client edit --add-scope."},
	{"E-TARGET-01", "invalid_target", 400, "a requested audience is not allowed",
		"The audience is not in the client's record.", "Add it to the client's record, or leave it out."},
	{"E-PKCE-01", "invalid_request", 400, "code_challenge is missing or not S256",
		"The client must send code_challenge with code_challenge_method=S256 (RFC 7636).", "Switch PKCE on in the client library."},
	{"E-PKCE-02", "invalid_grant", 400, "code_verifier does not match",
		"The verifier is missing, malformed or not that of the code's challenge. The code is spent.", "Send the code_verifier that belongs to the request."},
	{"E-PKCE-03", "invalid_request", 400, "code_challenge or nonce is not new",
		"The client has sent the same code_challenge or nonce with several requests: whoever has seen one knows them all (RFC 9700 section 2.1.1).",
		"Make a new code_verifier and nonce for each request; or allow it: tokens.repeated_challenge = warn."},
	{"E-PROMPT-01", "login_required", 400, "the person has to sign in",
		"prompt=none was asked, but nobody suitable is signed in.", "Repeat the request without prompt=none."},
	{"E-PROMPT-02", "consent_required", 400, "the person has to consent",
		"prompt=none was asked, but consent is needed.", "Repeat the request without prompt=none."},
	{"E-PROMPT-03", "interaction_required", 400, "the person has to do something",
		"prompt=none was asked, but a page has to be shown.", "Repeat the request without prompt=none."},
	{"E-PROMPT-04", "account_selection_required", 400, "the person has to choose an account",
		"prompt=none was asked, but an account has to be chosen.", "Repeat the request without prompt=none."},
	{"E-CONSENT-01", "access_denied", 403, "the person refused",
		"The person did not consent.", "Nothing: respect it."},
	{"E-CONSENT-02", "access_denied", 403, "the person may not use this client",
		"The client's record admits only members of certain groups.", "Add the person to one of the groups, or the group to the client."},
	{"E-GRANT-01", "invalid_grant", 400, "the code or token is invalid, expired, spent or revoked",
		"It was issued to another client, has been used, has expired, or its grant was revoked.", "Start a new authorization request."},
	{"E-GRANT-02", "unsupported_grant_type", 400, "grant_type is missing or not supported",
		"The grant type is none of those in discovery.", "Use one of grant_types_supported."},
	{"E-KEY-01", "invalid_request", 400, "the client has no key to encrypt the answer with",
		"The client's record asks for encrypted answers, but none of its public keys suits the algorithm: kty must fit, use be enc or absent, alg be the algorithm or absent.",
		"Add such a key to the client's jwks or jwks_uri, or change its encrypted_response_alg."},
	{"E-KEY-02", "temporarily_unavailable", 503, "the keys of the client cannot be fetched",
		"The client's record asks for encrypted answers, but its jwks_uri cannot be read; the log says why.", "See that the client's jwks_uri answers with a JWK Set."},
	{"E-DEVICE-01", "authorization_pending", 400, "the person has not answered yet",
		"The device's code was not typed yet, or the person has not answered.", "Ask again after the interval."},
	{"E-DEVICE-02", "slow_down", 400, "the device asks too often",
		"The last poll was less than the interval ago. The interval is now 5 seconds longer.", "Wait 5 seconds longer between polls."},
	{"E-DEVICE-03", "expired_token", 400, "the device code has expired",
		"Nobody answered in time.", "Start a new device authorization request, if the person still wants it."},
	{"E-DEVICE-04", "access_denied", 400, "the person refused",
		"The person did not let the device in.", "Nothing: respect it."},
	{"E-DEVICE-05", "invalid_request", 400, "no device waits under this code",
		"The typed code is wrong, too old, or was answered already.", "Compare it with what the device shows, or start again there."},
	{"E-DEVICE-06", "temporarily_unavailable", 503, "too many devices are waiting",
		"As many devices wait for a person as this server allows: see limits.device_waiting.", "Try again in a few minutes."},
	{"E-TOKEN-01", "invalid_token", 401, "the access token is invalid, expired or revoked",
		"The token is not one of this issuer's, has ended, or its grant, person or client was disabled.", "Get a new token."},
	{"E-TOKEN-02", "insufficient_scope", 403, "the access token lacks a scope",
		"The resource needs a scope that the token does not have.", "Ask for the scope in the authorization request."},
	{"E-TOKEN-03", "invalid_request", 400, "the access token must be sent in exactly one place",
		"Send it in the Authorization header, or in the body of a form POST; never in the URL (RFC 6750 section 2).", "Send Authorization: Bearer."},
	{"E-LOGOUT-01", "invalid_request", 400, "the id_token_hint is not an ID token of this issuer",
		"It was changed, signed by another key or not at all, or its key is no longer known. The person was asked, and stays here afterwards.",
		"Send the last ID token as it came, or client_id in its place."},
	{"E-LOGOUT-02", "invalid_request", 400, "the id_token_hint was issued to another client",
		"client_id and the audience of the ID token must be the same client.", "Send the client's own ID token."},
	{"E-LOGOUT-03", "invalid_request", 400, "post_logout_redirect_uri is not registered for this client",
		"It must be byte for byte one of the client's post_logout_redirect_uris.", "Register exactly the address that the application sends."},
	{"E-LOGOUT-04", "invalid_request", 400, "post_logout_redirect_uri needs id_token_hint or client_id",
		"Without one of them nobody knows whose address it is. The person was asked, and stays here afterwards.", "Send id_token_hint, client_id or both."},
	{"E-LIMIT-01", "temporarily_unavailable", 429, "too many attempts",
		"Too many failures came from this address or for this client.", "Wait as Retry-After says."},
	{"E-LOGIN-01", "access_denied", 403, "name or password is wrong",
		"Unknown person, wrong password, disabled: one answer for all.", "Check the name and the password."},
	{"E-FORM-01", "invalid_request", 403, "the form came from another site or another session",
		"The form's token is missing or not this browser's, or the request came from another origin.", "Load the page again and repeat."},
	{"E-ORIGIN-01", "invalid_request", 403, "scripts of this origin may not call this endpoint",
		"Scripts in browsers may call it from an origin that a client's record names in web_origins and, for a client without credentials, from those of its https redirect URIs.",
		"Add the origin to the client's record: signet client edit --web-origin."},
	{"E-PAGE-01", "not_found", 404, "there is nothing here", "No route has this path.", "Start at discovery."},
	{"E-PAGE-02", "invalid_request", 405, "the method is not allowed here", "The route has another method.", "See the Allow header."},
	{"E-PAGE-03", "invalid_request", 415, "the content type is not supported", "Forms must be application/x-www-form-urlencoded.", "Set Content-Type."},
	{"E-PAGE-04", "invalid_request", 413, "the body is too large", "The body is larger than the limit.", "Send less."},
	{"E-PAGE-05", "invalid_request", 421, "this server does not answer for that host", "The Host header is not the issuer's host.", "Use the issuer's address."},
	{"E-SERVER-01", "server_error", 500, "the server met a fault", "See the log under the reference.", "Look the reference up in the log."},
	{"E-SERVER-02", "temporarily_unavailable", 503, "the server cannot do this just now", "Storage is full, stopped or unreachable, or too much is going on.", "Try again later."},
}
