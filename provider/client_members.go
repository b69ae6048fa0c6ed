package provider

import (
	"reflect"
	"slices"

	"signet/provider/patch"
)

// Setter is who sets a member of a client's record.
type Setter int

// The setters. Each may set what those after it may.
const (
	// SetByServer: nobody says it, the server does.
	SetByServer Setter = iota + 1
	// SetByOperator: the operator says it, on the command line or in a configuration file.
	SetByOperator
	// SetByRegistrant: whoever registers a client may say it, too (RFC 7591 §2).
	SetByRegistrant
)

// may tells whether a setter may set a member of this row.
func (s Setter) may(row ClientMember) bool { return s <= row.By && row.By != SetByServer }

// ClientMember is a row of the table of members of Client.
type ClientMember struct {
	// Name is the member's name in JSON.
	Name string
	By   Setter
}

// clientMembers is the table. A member of Client that is not in it cannot be written, and fails a test.
//
// The scope of a registration (RFC 7591 §2) is a text and no member; it is not scopes, with which the operator says what the
// client may ask for. What is for the operator alone gives a client more than it could ask for, or less.
var clientMembers = []ClientMember{
	{"client_id", SetByServer},
	{"secrets", SetByServer},
	{"epoch", SetByServer},
	{"declared", SetByServer},
	{"registered", SetByServer},
	{"registration_token", SetByServer},
	{"registered_with", SetByServer},
	{"software_issuer", SetByServer},
	{"created", SetByServer},
	{"updated", SetByServer},

	{"scopes", SetByOperator},
	{"audience", SetByOperator},
	{"resources", SetByOperator},
	{"token_endpoint_auth_audience", SetByOperator},
	{"web_origins", SetByOperator},
	{"id_token_claims", SetByOperator},
	{"access_token_format", SetByOperator},
	{"access_token_signed_response_alg", SetByOperator},
	{"refresh_always", SetByOperator},
	{"rotate_refresh", SetByOperator},
	{"pkce_optional", SetByOperator},
	{"first_party", SetByOperator},
	{"verified", SetByOperator},
	{"introspect_all", SetByOperator},
	{"groups", SetByOperator},
	{"roles", SetByOperator},
	{"groups_claim_prefixes", SetByOperator},
	{"required_acr", SetByOperator},
	{"lifetimes", SetByOperator},
	{"disabled", SetByOperator},

	{"client_name", SetByRegistrant},
	{"client_uri", SetByRegistrant},
	{"logo_uri", SetByRegistrant},
	{"policy_uri", SetByRegistrant},
	{"tos_uri", SetByRegistrant},
	{"contacts", SetByRegistrant},
	{"application_type", SetByRegistrant},
	{"software_id", SetByRegistrant},
	{"software_version", SetByRegistrant},
	{"redirect_uris", SetByRegistrant},
	{"post_logout_redirect_uris", SetByRegistrant},
	{"grant_types", SetByRegistrant},
	{"response_types", SetByRegistrant},
	{"token_endpoint_auth_method", SetByRegistrant},
	{"jwks", SetByRegistrant},
	{"jwks_uri", SetByRegistrant},
	{"token_endpoint_auth_signing_alg", SetByRegistrant},
	{"request_object_signing_alg", SetByRegistrant},
	{"request_object_encryption_alg", SetByRegistrant},
	{"request_object_encryption_enc", SetByRegistrant},
	{"require_signed_request_object", SetByRegistrant},
	{"require_pushed_authorization_requests", SetByRegistrant},
	{"request_uris", SetByRegistrant},
	{"subject_type", SetByRegistrant},
	{"sector_identifier_uri", SetByRegistrant},
	{"default_max_age", SetByRegistrant},
	{"default_acr_values", SetByRegistrant},
	{"require_auth_time", SetByRegistrant},
	{"initiate_login_uri", SetByRegistrant},
	{"frontchannel_logout_uri", SetByRegistrant},
	{"frontchannel_logout_session_required", SetByRegistrant},
	{"backchannel_logout_uri", SetByRegistrant},
	{"backchannel_logout_session_required", SetByRegistrant},
	{"id_token_signed_response_alg", SetByRegistrant},
	{"id_token_encrypted_response_alg", SetByRegistrant},
	{"id_token_encrypted_response_enc", SetByRegistrant},
	{"userinfo_signed_response_alg", SetByRegistrant},
	{"userinfo_encrypted_response_alg", SetByRegistrant},
	{"userinfo_encrypted_response_enc", SetByRegistrant},
	{"authorization_signed_response_alg", SetByRegistrant},
	{"authorization_encrypted_response_alg", SetByRegistrant},
	{"authorization_encrypted_response_enc", SetByRegistrant},
	{"introspection_signed_response_alg", SetByRegistrant},
	{"introspection_encrypted_response_alg", SetByRegistrant},
	{"introspection_encrypted_response_enc", SetByRegistrant},
}

// ClientMembers returns the members that a setter may set.
func ClientMembers(by Setter) []ClientMember {
	return slices.DeleteFunc(slices.Clone(clientMembers), func(row ClientMember) bool { return !by.may(row) })
}

// clientFields are the fields of Client by the names of their members.
var clientFields = patch.Fields(reflect.TypeFor[Client]())
