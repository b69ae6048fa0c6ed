package cli

import (
	"encoding/json"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"signet/handlers/api"
	"signet/provider"
)

// commonFlags are those for the members that are set most; --metadata sets every other.
var commonFlags = []memberFlag{
	{"name", "client_name", text, "name that people see"},
	{"uri", "client_uri", text, "home page, https"},
	{"logo", "logo_uri", text, "picture that people see, https"},
	{"policy", "policy_uri", text, "what it does with what it learns of people, https"},
	{"tos", "tos_uri", text, "its terms of service, https"},
	{"contact", "contacts", uris, "address of its owners; may be repeated"},
	{"type", "application_type", text, "web or native"},
	{"redirect", "redirect_uris", uris, "redirect URI; may be repeated"},
	{"post-logout-redirect", "post_logout_redirect_uris", uris, "where a browser may return after signing out; may be repeated"},
	{"web-origin", "web_origins", uris, "origin whose pages may call the token endpoint and its neighbours, https://app.example.com; may be repeated"},
	{"grant", "grant_types", wordList, "grant types, such as authorization_code, refresh_token, client_credentials"},
	{"response-type", "response_types", wordList, "response types, such as code"},
	{"scope", "scopes", wordList, "scopes it may ask for"},
	{"audience", "audience", wordList, "audiences it may ask tokens for"},
	{"resource", "resources", wordList, "audiences for which it is the resource server: it may introspect their tokens"},
	{"group", "groups", wordList, "groups whose members may use it; none: everybody"},
	{"role", "roles", uris, "role=group: what it calls the members of a group, in the claim roles; repeated"},
	{"group-prefix", "groups_claim_prefixes", uris, "beginning of the groups that the claim groups tells it of; none: all"},
	{"auth-method", "token_endpoint_auth_method", text, "how it authenticates: client_secret_basic, client_secret_post, private_key_jwt, none and others"},
	{"jwks-uri", "jwks_uri", text, "where its public keys are fetched from, https"},
	{"id-token-alg", "id_token_signed_response_alg", text, "algorithm of its ID tokens; default RS256"},
	{"userinfo-alg", "userinfo_signed_response_alg", text, "algorithm of its userinfo answers; default: not signed"},
	{"access-token", "access_token_format", text, "opaque or jwt"},
	{"access-token-alg", "access_token_signed_response_alg", text, "algorithm of its JWT access tokens; default RS256"},
	{"subject-type", "subject_type", text, "public or pairwise"},
	{"max-age", "default_max_age", number, "seconds after which people sign in again, where a request does not say"},
	{"require-par", "require_pushed_authorization_requests", yesNo, "its authorization requests must be pushed"},
	{"require-signed-request", "require_signed_request_object", yesNo, "its authorization requests must be signed"},
	{"backchannel-logout", "backchannel_logout_uri", text, "where it is told that a session has ended"},
	{"frontchannel-logout", "frontchannel_logout_uri", text, "what browsers load when a session ends"},
	{"first-party", "first_party", yesNo, "it is your own: people are not asked for consent"},
	{"verified", "verified", yesNo, "you have checked who made a client that registered itself"},
	{"pkce-optional", "pkce_optional", yesNo, "it may leave PKCE out (confidential clients only)"},
	{"rotate-refresh", "rotate_refresh", yesNo, "its refresh tokens rotate; those of public clients always do"},
	{"refresh-always", "refresh_always", yesNo, "it gets refresh tokens without the scope offline_access"},
	{"id-token-claims", "id_token_claims", yesNo, "its ID tokens carry the claims of the scopes, for clients that never ask userinfo"},
	{"introspect-all", "introspect_all", yesNo, "it may introspect the tokens of every client"},
}

// clientFlags are what can be said of a client on the command line.
type clientFlags struct {
	jwks                                                                          string
	metadata                                                                      []string
	public, administers                                                           bool
	addAudiences                                                                  []string
	addRedirects, removeRedirects, addLogouts, addScopes, removeScopes, addGrants []string
}

func (f *clientFlags) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	registerMembers(flags, commonFlags)
	flags.BoolVar(&f.public, "public", false, "it cannot keep a secret: an app or a page in a browser")
	flags.StringVar(&f.jwks, "jwks", "", "file with its public keys (JWK Set)")
	flags.StringArrayVar(&f.metadata, "metadata", nil, "any member of its record, as in --metadata initiate_login_uri=https://app.example.com/login; a text, JSON,\n"+
		"the words of a list, or null for the default; may be repeated. Members: "+memberNames())
}

func memberNames() string {
	var names []string
	for _, m := range provider.ClientMembers(provider.SetByOperator) {
		names = append(names, m.Name)
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// members are those of the flags that were given.
func (f *clientFlags) members(cmd *cobra.Command) (api.ClientMembers, error) {
	in := api.ClientMembers(givenMembers(cmd.Flags(), append(commonFlags, memberFlag{"disabled", "disabled", yesNo, ""})))
	if cmd.Flags().Changed("public") {
		if in["token_endpoint_auth_method"] != nil {
			return nil, usage("--public and --auth-method exclude each other")
		}
		in["token_endpoint_auth_method"] = "client_secret_basic"
		if f.public {
			in["token_endpoint_auth_method"] = "none"
		}
	}
	if f.jwks != "" {
		document, err := os.ReadFile(f.jwks)
		if err != nil {
			return nil, usage("--jwks: %w", err)
		}
		if !json.Valid(document) {
			return nil, usage("--jwks: %s is not JSON", f.jwks)
		}
		in["jwks"] = json.RawMessage(document)
	}
	return in, f.addMetadata(in)
}

// addMetadata adds what --metadata says. A member is said once.
func (f *clientFlags) addMetadata(in api.ClientMembers) error {
	for _, said := range f.metadata {
		name, value, ok := strings.Cut(said, "=")
		if _, twice := in[name]; !ok || twice {
			return usage("--metadata %s: want member=value, each member once", said)
		}
		in[name] = provider.ClientMemberText(name, value)
	}
	return nil
}
