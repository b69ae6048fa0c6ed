package playground

import (
	"cmp"
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"signet/templates"
)

// explained are the names that have a message playground.<area>.<name>, in the order in which they are shown.
var explained = map[string][]string{
	// meta are the members of discovery (OIDC Discovery §3, RFC 8414 §2).
	"meta": {
		"issuer", "authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri", "introspection_endpoint", "revocation_endpoint",
		"end_session_endpoint", "pushed_authorization_request_endpoint", "device_authorization_endpoint", "registration_endpoint", "scopes_supported",
		"claims_supported", "claim_types_supported", "response_types_supported", "response_modes_supported", "grant_types_supported",
		"code_challenge_methods_supported", "subject_types_supported", "id_token_signing_alg_values_supported", "prompt_values_supported",
		"acr_values_supported", "token_endpoint_auth_methods_supported", "token_endpoint_auth_signing_alg_values_supported",
		"introspection_endpoint_auth_methods_supported", "introspection_endpoint_auth_signing_alg_values_supported",
		"revocation_endpoint_auth_methods_supported", "revocation_endpoint_auth_signing_alg_values_supported",
		"authorization_response_iss_parameter_supported", "claims_parameter_supported", "request_parameter_supported",
		"request_uri_parameter_supported", "require_request_uri_registration", "ui_locales_supported", "service_documentation",
		"op_policy_uri", "op_tos_uri",
	},
	// param are those of an authorization request.
	"param": {
		"response_type", "client_id", "redirect_uri", "scope", "state", "nonce", "code_challenge", "code_challenge_method", "prompt", "max_age",
		"login_hint", "id_token_hint", "acr_values", "ui_locales", "response_mode", "display", "claims", "resource", "request", "request_uri",
	},
	// answer are those of its answer.
	"reply": {
		"response", "code", "id_token", "access_token", "token_type", "expires_in", "scope", "state", "iss", "aud", "exp", "session_state", "error", "error_description",
		"error_uri",
	},
	// form are those of a token request and its like.
	"form": {"grant_type", "code", "redirect_uri", "code_verifier", "scope", "client_id", "client_secret", "client_assertion_type", "client_assertion"},
	// proof are header and claims of what a client signs: its assertion (RFC 7523 §3), its request object (RFC 9101 §4).
	"proof": {"alg", "kid", "typ", "iss", "sub", "aud", "iat", "nbf", "exp", "jti"},
	// record are the metadata of a client (RFC 7591 §2 and §3.2.1, OIDC Registration §2 and §3.2, RFC 7592 §3).
	"record": {
		"client_id", "client_secret", "client_id_issued_at", "client_secret_expires_at", "registration_client_uri", "registration_access_token", "client_name",
		"application_type", "redirect_uris", "grant_types", "response_types", "scope", "token_endpoint_auth_method", "token_endpoint_auth_signing_alg", "jwks",
		"jwks_uri", "subject_type", "sector_identifier_uri", "id_token_signed_response_alg", "userinfo_signed_response_alg", "authorization_signed_response_alg",
		"request_object_signing_alg", "request_uris", "require_signed_request_object", "require_pushed_authorization_requests", "post_logout_redirect_uris",
		"frontchannel_logout_uri", "frontchannel_logout_session_required", "backchannel_logout_uri", "backchannel_logout_session_required", "default_max_age",
		"default_acr_values", "require_auth_time", "contacts", "client_uri", "logo_uri", "policy_uri", "tos_uri", "software_id", "software_version", "software_statement",
	},
	// device are those of a device authorization response (RFC 8628 §3.2).
	"device": {"user_code", "verification_uri", "verification_uri_complete", "device_code", "expires_in", "interval"},
	// claim are those of tokens, of userinfo and of introspection.
	"claim": {
		"active", "iss", "sub", "aud", "azp", "exp", "iat", "nbf", "auth_time", "nonce", "at_hash", "c_hash", "s_hash", "acr", "amr", "sid", "jti", "client_id", "scope",
		"token_type", "username", "name", "given_name", "family_name", "middle_name", "nickname", "preferred_username", "profile", "picture", "website",
		"email", "email_verified", "gender", "birthdate", "zoneinfo", "locale", "phone_number", "phone_number_verified", "address", "groups", "roles", "updated_at",
	},
	// end are the parameters of a request to sign out (OIDC RP-Initiated Logout §2), logout the claims of a logout token
	// (OIDC Back-Channel Logout §2.4).
	"end":    {"id_token_hint", "post_logout_redirect_uri", "state", "client_id", "logout_hint", "ui_locales"},
	"logout": {"iss", "sub", "aud", "iat", "exp", "jti", "sid", "events"},
	// response are those of a token response (RFC 6749 §5.1).
	"response": {"access_token", "token_type", "expires_in", "id_token", "refresh_token", "scope"},
	// header are those of a token's header, key those of its key.
	"header": {"alg", "kid", "typ"},
	"key":    {"kid", "kty", "alg", "use", "crv", "n", "e", "x", "y"},
	// error are the refusals of RFC 6749 §4.1.2.1 and §5.2, RFC 6750 §3.1, OIDC Core §3.1.2.6 and their like.
	"error": {
		"invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type", "unsupported_response_type", "invalid_scope",
		"invalid_target", "invalid_redirect_uri", "invalid_client_metadata", "invalid_software_statement", "unapproved_software_statement", "access_denied", "login_required", "consent_required", "interaction_required", "account_selection_required", "unmet_authentication_requirements", "invalid_token",
		"authorization_pending", "slow_down", "expired_token", "insufficient_scope", "unsupported_token_type", "invalid_request_object", "invalid_request_uri", "request_not_supported", "request_uri_not_supported", "registration_not_supported",
		"temporarily_unavailable", "server_error",
	},
}

// meaning says in a line what a name means, or that nobody here knows.
func meaning(area, name string) templates.Text {
	if known(explained[area], name) {
		return templates.Msg("playground." + area + "." + name)
	}
	return templates.Text{}
}

func known(list []string, name string) bool { return slices.Contains(list, name) }

// rank is the place of a name on a page; names without a meaning come last.
func rank(area, name string) int {
	if i := slices.Index(explained[area], name); i >= 0 {
		return i
	}
	return len(explained[area])
}

// sortedNames are the names of a form in the order of a page.
func sortedNames(area string, form url.Values) []string {
	names := make([]string, 0, len(form))
	for name := range form {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(cmp.Compare(rank(area, a), rank(area, b)), cmp.Compare(a, b))
	})
	return names
}

// shown is how many bytes of a value are shown where the whole stands elsewhere on the page.
const shown = 40

// brief cuts what is long and means nothing to people.
func brief(value string) string {
	if len(value) <= 2*shown {
		return value
	}
	return value[:shown] + "…"
}

// briefly cuts the values of rows.
func briefly(rows []templates.Row) []templates.Row {
	for i := range rows {
		rows[i].Value = brief(rows[i].Value)
	}
	return rows
}

// rows explains members, those with a meaning first.
func rows(area string, all []member, states map[string]templates.State) []templates.Row {
	var out []templates.Row
	for _, m := range all {
		out = append(out, templates.Row{Name: m.name, Value: m.text(), Meaning: meaning(area, m.name), State: states[m.name]})
	}
	slices.SortStableFunc(out, func(a, b templates.Row) int { return cmp.Compare(rank(area, a.Name), rank(area, b.Name)) })
	return out
}

// refusal explains an answer that is an error.
func (p *Playground) refusal(x *exchange) []templates.Block {
	var e struct {
		Error string `json:"error"`
		URI   string `json:"error_uri"`
	}
	switch {
	case x.problem != "":
		return []templates.Block{templates.Notice{State: templates.Bad, Text: templates.Literal(x.problem)}}
	case x.status < 400 || json.Unmarshal(x.body, &e) != nil || e.Error == "":
		return nil
	}
	return []templates.Block{p.explain(e.Error, e.URI)}
}

// explain says what an error means, and links to the provider's own explanation if that is on this host.
func (p *Playground) explain(code, uri string) templates.Notice {
	text := meaning("error", code)
	if text.IsZero() {
		text = templates.Msg("playground.refusal.unknown", "code", code)
	}
	n := templates.Notice{State: templates.Bad, Text: text}
	if path := p.localPath(uri); path != "" {
		n.Link = templates.Link{Path: path, Text: templates.Msg("playground.refusal.more", "code", path[strings.LastIndexByte(path, '/')+1:])}
	}
	return n
}

// messages shows an exchange as it went over the wire.
func messages(id string, x *exchange) []templates.Block {
	blocks := []templates.Block{templates.Message{ID: id + "-sent", Title: templates.Msg("playground.wire.sent"), Raw: x.sent, Folded: true}}
	if x.received == "" {
		return blocks
	}
	return append(blocks, templates.Message{ID: id + "-received", Title: templates.Msg("playground.wire.received"), Raw: x.received, Folded: x.status/100 == 2})
}

// next is the link to the step after one.
func (r *run) next(name string) templates.Link {
	found := false
	for _, s := range r.steps() {
		if found && s.show != nil {
			return templates.Link{Path: r.path(s.name), Text: templates.Msg("playground.next." + s.name)}
		}
		found = found || s.name == name
	}
	return templates.Link{}
}
