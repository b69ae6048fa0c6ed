package provider

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Every member of a client's record is in the table, once, and nothing else is.
func TestClientMembers_AreTheRecords(t *testing.T) {
	var listed []string
	for _, row := range clientMembers {
		if row.By < SetByServer || row.By > SetByRegistrant {
			t.Errorf("%s: who sets it?", row.Name)
		}
		listed = append(listed, row.Name)
	}
	for name, field := range clientFields {
		if !slices.Contains(listed, name) {
			t.Errorf("%s (%s) is not in the table of members: who sets it?", field.Name, name)
		}
	}
	if len(listed) != len(clientFields) || len(clientFields) != reflect.TypeFor[Client]().NumField() {
		t.Errorf("%d rows, %d members, %d fields", len(listed), len(clientFields), reflect.TypeFor[Client]().NumField())
	}
}

// sampleOf is a value of a member's type that is not the zero value.
func sampleOf(t *testing.T, typ reflect.Type) string {
	t.Helper()
	switch {
	case typ == reflect.TypeFor[json.RawMessage]():
		return `{"keys":[]}`
	case typ == reflect.TypeFor[ClientLifetimes]():
		return `{"access":60,"refresh_max":90}`
	case typ == reflect.TypeFor[*int64]():
		return `7`
	case typ == reflect.TypeFor[[]string]():
		return `["one","two"]`
	case typ.Kind() == reflect.String:
		return `"text"`
	case typ.Kind() == reflect.Bool:
		return `true`
	}
	t.Fatalf("no sample of %s", typ)
	return ""
}

// Whatever a setter may set, a patch sets, puts back, and refuses to a setter who may not.
func TestClientPatch_EveryMember(t *testing.T) {
	for _, row := range clientMembers {
		if row.By == SetByServer {
			continue
		}
		field := clientFields[row.Name]
		sample := sampleOf(t, field.Type)
		var c Client
		if err := c.Patch([]byte(`{"`+row.Name+`":`+sample+`}`), row.By); err != nil {
			t.Errorf("%s: %v", row.Name, err)
			continue
		}
		text, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(text), `"`+row.Name+`":`+sample) {
			t.Errorf("%s: %s is not in %s", row.Name, sample, text)
		}
		set := c
		for _, wrong := range []string{`{"x":1}`, `[null]`, `"text"`, `7.5`, `true`} {
			if wrong[0] == sample[0] && wrong[0] != '[' && wrong[0] != '7' {
				continue // of the right type
			}
			if err := c.Patch([]byte(`{"`+row.Name+`":`+wrong+`}`), row.By); !errors.Is(err, ErrClientInvalid) || !cmp.Equal(set, c) {
				t.Errorf("%s: after %s: %v, %+v", row.Name, wrong, err, c)
			}
		}
		if err := c.Patch([]byte(`{"`+row.Name+`":null}`), row.By); err != nil {
			t.Errorf("%s: null: %v", row.Name, err)
		}
		var unsaid Client
		unsaid.fillDefaults()
		if diff := cmp.Diff(unsaid, c); diff != "" {
			t.Errorf("%s: null leaves\n%s", row.Name, diff)
		}
	}
}

// TestAttack_AE10_RegistrantSetsEverything sends every member of the record as somebody who registers: what is not theirs
// is refused, and then nothing of the rest is written.
func TestAttack_AE10_RegistrantSetsEverything(t *testing.T) {
	refused := 0
	for _, row := range clientMembers {
		var c Client
		value := `"text"`
		if row.By != SetByServer {
			value = sampleOf(t, clientFields[row.Name].Type)
		}
		err := c.Patch([]byte(`{"client_name":"x","`+row.Name+`":`+value+`}`), SetByRegistrant)
		switch {
		case row.Name == "client_name": // there twice
		case row.By == SetByRegistrant && err != nil:
			t.Errorf("%s: %v", row.Name, err)
		case row.By != SetByRegistrant && (!errors.Is(err, ErrClientInvalid) || !cmp.Equal(c, Client{})):
			t.Errorf("%s: %v, %+v", row.Name, err, c)
		case row.By != SetByRegistrant:
			refused++
		}
	}
	for _, name := range []string{"first_party", "introspect_all", "pkce_optional", "lifetimes", "groups", "scopes", "epoch", "registration_token"} {
		if slices.ContainsFunc(ClientMembers(SetByRegistrant), func(row ClientMember) bool { return row.Name == name }) {
			t.Errorf("whoever registers may say %s", name)
		}
	}
	if refused < 20 {
		t.Errorf("only %d were refused", refused)
	}
}

func TestClientPatch_SaysWhatIsWrong(t *testing.T) {
	for document, says := range map[string]string{
		`{"redirect_uri":[]}`:               "redirect_uri: no such member; did you mean redirect_uris?",
		`{"nothing_like_it_anywhere":1}`:    "nothing_like_it_anywhere: no such member",
		`{"Client_name":"x"}`:               "did you mean client_name?",
		`{"created":1}`:                     "created: only the server sets it",
		`{"client_name":7}`:                 "client_name: got a number, allowed a text",
		`{"redirect_uris":"https://x/"}`:    "redirect_uris: got a text, allowed a list of texts",
		`{"lifetimes":{"acess":1}}`:         "lifetimes: acess: no such member; did you mean access?",
		`{"lifetimes":60}`:                  "lifetimes: got a number, allowed an object of access, id_token, refresh_idle, refresh_max",
		`{"default_max_age":"1"}`:           "default_max_age: got a text, allowed a whole number",
		`{"first_party":"yes"}`:             "first_party: got a text, allowed true or false",
		`{"jwks":"SECRET"}`:                 "jwks: got a text, allowed an object",
		`{"client_name":"x"`:                "not valid",
		`{"client_name":1,"client_name":1}`: "twice",
		`["client_name"]`:                   "want an object of members",
		`null`:                              "want an object of members",
	} {
		var c Client
		err := c.Patch([]byte(document), SetByOperator)
		if !errors.Is(err, ErrClientInvalid) || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want %q", document, err, says)
		}
		if err != nil && strings.Contains(err.Error(), "SECRET") {
			t.Errorf("%s prints the value: %v", document, err)
		}
	}
}

// A record that others hold keeps its lists when its copy is patched.
func TestClientPatch_SharesNothing(t *testing.T) {
	age := int64(1)
	shared := Client{RedirectURIs: []string{"https://a.example/"}, DefaultMaxAge: &age, JWKS: json.RawMessage(`{"keys":[]}`)}
	c := shared
	if err := c.Patch([]byte(`{"redirect_uris":["https://b.example/"],"default_max_age":2,"jwks":{"keys":[1]}}`), SetByOperator); err != nil {
		t.Fatal(err)
	}
	if shared.RedirectURIs[0] != "https://a.example/" || age != 1 || string(shared.JWKS) != `{"keys":[]}` {
		t.Errorf("%+v", shared)
	}
}

func TestClientMemberText(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"client_name", "Ada's app", `"Ada's app"`},
		{"client_name", "7", `"7"`},
		{"client_name", "true", `"true"`},
		{"client_name", `"quoted"`, `"quoted"`},
		{"client_name", `"`, `"\""`},
		{"client_name", "", `""`},
		{"client_name", "null", `null`},
		{"redirect_uris", "https://a.example/?x=1,2 https://b.example/", `["https://a.example/?x=1,2","https://b.example/"]`},
		{"redirect_uris", `["one"]`, `["one"]`},
		{"redirect_uris", "[", `"["`},
		{"redirect_uris", "", `[]`},
		{"redirect_uris", "null", `null`},
		{"first_party", "true", `true`},
		{"first_party", "yes", `"yes"`},
		{"default_max_age", "60", `60`},
		{"lifetimes", `{"access":60}`, `{"access":60}`},
		{"jwks", `{"keys":[]}`, `{"keys":[]}`},
		{"unknown", "x", `"x"`},
	} {
		if got := string(ClientMemberText(c.name, c.text)); got != c.want {
			t.Errorf("%s %s: %s, want %s", c.name, c.text, got, c.want)
		}
	}
}
