package cli

import (
	"cmp"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"signet/cli/config"
	"signet/provider"
)

// A declared person has every standard claim. What is already so is not written again, and a number that the configuration
// changes is as verified as the configuration says.
func TestDeclaredPersonHasAllClaims(t *testing.T) {
	text := `[[user]]
name = "conny"
middle_name = "Marie"
birthdate = "1987-10-16"
phone_number = "+33612345678"
phone_number_verified = true
address = "1 rue de la Paix\n75002 Paris"
locality = "Paris"
`
	r := newReloading(t, text)
	first, err := r.node.Load().accounts.FindPerson(t.Context(), "conny")
	if err != nil {
		t.Fatal(err)
	}
	if first.MiddleName != "Marie" || first.Birthdate != "1987-10-16" || !first.PhoneVerified || first.Address == nil || first.Address.Locality != "Paris" {
		t.Errorf("claims: %+v", first.Profile)
	}
	r.read("name = \"Other\"\n" + text)
	again, err := r.node.Load().accounts.FindPerson(t.Context(), "conny")
	if err != nil || !reflect.DeepEqual(again, first) { // with their version
		t.Errorf("written again without a change: %v, %+v, was %+v", err, again, first)
	}
	r.read("[[user]]\nname = \"conny\"\nphone_number = \"+33687654321\"\nphone_number_verified = true\n")
	last, err := r.node.Load().accounts.FindPerson(t.Context(), "conny")
	if err != nil || last.PhoneNumber != "+33687654321" || !last.PhoneVerified || last.Address != nil {
		t.Errorf("after the change: %v, %+v", err, last.Profile)
	}
}

// Whatever an operator may say of a client can be declared, and what can be declared is what an operator may say.
func TestDeclaredClientHasAllMembers(t *testing.T) {
	declared := map[string]bool{}
	settings := reflect.TypeFor[config.Client]()
	for i := range settings.NumField() {
		f := settings.Field(i)
		name := cmp.Or(f.Tag.Get("member"), f.Tag.Get("toml"))
		if name == "-" || name == "client_id" || name == "client_secret" {
			continue
		}
		member, _, _ := strings.Cut(name, ".")
		declared[member] = true
		var c config.Client
		fill(t, reflect.ValueOf(&c).Elem().Field(i), f.Tag.Get("toml"))
		document, err := json.Marshal(c.Metadata())
		if err != nil {
			t.Fatal(err)
		}
		var record provider.Client
		if err := record.Patch(document, provider.SetByOperator); err != nil {
			t.Errorf("%s: %s: %v", f.Name, document, err)
		}
		if written, err := json.Marshal(record); err != nil || !strings.Contains(string(written), `"`+member+`":`+valueIn(t, document, member)) {
			t.Errorf("%s: %s is not in %s", f.Name, document, written)
		}
	}
	for _, row := range provider.ClientMembers(provider.SetByOperator) {
		if !declared[row.Name] && row.Name != "verified" { // which is said of clients that registered themselves
			t.Errorf("%s cannot be declared: add it to config.Client", row.Name)
		}
	}
}

// fill sets a setting to something.
func fill(t *testing.T, field reflect.Value, name string) {
	t.Helper()
	yes, minute := true, time.Minute
	switch field.Interface().(type) {
	case string:
		field.SetString(map[bool]string{true: `{"keys":[]}`, false: "text"}[name == "jwks"])
	case []string:
		field.Set(reflect.ValueOf([]string{"one", "two"}))
	case bool:
		field.SetBool(true)
	case *bool:
		field.Set(reflect.ValueOf(&yes))
	case time.Duration:
		field.Set(reflect.ValueOf(minute))
	case *time.Duration:
		field.Set(reflect.ValueOf(&minute))
	default:
		t.Fatalf("no sample of %s", field.Type())
	}
}

func valueIn(t *testing.T, document []byte, member string) string {
	t.Helper()
	var members map[string]json.RawMessage
	if err := json.Unmarshal(document, &members); err != nil || len(members) != 1 {
		t.Fatalf("%v in %s", err, document)
	}
	return string(members[member])
}

// The lists of the configuration's reference are those of the provider's tables.
func TestDeclaredClientTakesWhatTheProviderKnows(t *testing.T) {
	r := newReloading(t, "")
	var announced map[string]json.RawMessage
	if err := json.Unmarshal(r.node.Load().provider.Discovery().Body, &announced); err != nil {
		t.Fatal(err)
	}
	for setting, member := range map[string]string{
		"auth_method": "token_endpoint_auth_methods_supported", "grant_types": "grant_types_supported", "response_types": "response_types_supported",
		"id_token_alg": "id_token_signing_alg_values_supported",
	} {
		var want []string
		if err := json.Unmarshal(announced[member], &want); err != nil {
			t.Fatalf("%s: %v", member, err)
		}
		i := slices.IndexFunc(reflect.VisibleFields(reflect.TypeFor[config.Client]()), func(f reflect.StructField) bool { return f.Tag.Get("toml") == setting })
		got := strings.Split(reflect.TypeFor[config.Client]().Field(i).Tag.Get("enum"), ",")
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("[[client]] %s takes %q, the provider %q: change the enum of config.Client", setting, got, want)
		}
	}
}

// A client that is declared has what it was declared to have; one that breaks a rule of the provider is a mistake of the
// configuration, with the line where the client begins.
func TestDeclaredClient(t *testing.T) {
	r := newReloading(t, `[[client]]
id = "app"
secret = "a-secret-that-is-long-enough-for-everybody"
redirect_uris = ["https://app.example.test/cb"]
trusted = true
logo_uri = "https://app.example.test/logo.png"
default_max_age = "0"
access_lifetime = "5m"
refresh_idle = "1d"
id_token_alg = "HS256"
require_pushed_authorization_requests = true
`)
	c, err := r.node.Load().provider.ClientRecord(t.Context(), "app")
	if err != nil {
		t.Fatal(err)
	}
	if !c.FirstParty || c.LogoURI == "" || c.DefaultMaxAge == nil || *c.DefaultMaxAge != 0 || c.Lifetimes.Access != 300 || c.Lifetimes.RefreshIdle != 86400 ||
		!c.RequirePAR || c.IDTokenAlg != "HS256" || c.AccessTokenAlg != "RS256" || !c.Declared {
		t.Errorf("%+v", c)
	}
	for says, text := range map[string]string{
		":3: client[1]: logo_uri must be https":            `logo_uri = "http://app.example.test/logo.png"`,
		":3: client[1]: id_token_encrypted_response_enc":   `id_token_encrypted_response_enc = "A128GCM"`,
		":3: client[1]: jwks: keys: jwks: key 1":           `jwks = '{"keys":[{"kty":"RSA"}]}'`,
		":3: client[1]: id_token_signed_response_alg: HS5": `id_token_alg = "HS512"`,
	} {
		path := writeFile(t, "# a comment\n[[client]]\nid = \"app\"\nsecret = \"a-secret-that-is-long-enough-for-everybody\"\nredirect_uris = [\"https://app.example.test/cb\"]\n"+text+"\n")
		fails(t, exitConfig, says, "--config", path, "config", "check")
	}
}
