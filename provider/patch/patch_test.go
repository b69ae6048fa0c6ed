package patch

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

type inner struct {
	City    string `json:"city,omitempty"`
	Country string `json:"country,omitempty"`
}

type embedded struct {
	Given string `json:"given_name"`
}

type record struct {
	embedded
	List   []string        `json:"list"`
	Raw    json.RawMessage `json:"raw"`
	Plain  inner           `json:"plain"`
	Behind *inner          `json:"behind"`
	Number *int64          `json:"number"`
	Yes    bool            `json:"yes"`
	Hidden string          `json:"-"`
	secret string          //nolint // no member
}

var fields = Fields(reflect.TypeFor[record]())

func apply(r *record, name, value string) error {
	return Set(r, fields[name], json.RawMessage(value))
}

func TestFields(t *testing.T) {
	var names []string
	for _, want := range []string{"list", "raw", "plain", "behind", "number", "yes"} {
		if _, ok := fields[want]; !ok {
			names = append(names, want)
		}
	}
	if len(names) > 0 || len(fields) != 7 {
		t.Errorf("missing %v in %d", names, len(fields))
	}
}

// An object changes the members that it has, and null puts back what it stands for.
func TestSet_Objects(t *testing.T) {
	n := int64(1)
	old := inner{"Paris", "France"}
	before := record{Plain: old, Behind: &old, Number: &n, List: []string{"a"}, Raw: json.RawMessage(`{"a":1}`)}
	shared := before
	for _, c := range []struct{ name, value string }{
		{"plain", `{"city":"Lyon"}`}, {"behind", `{"city":null}`}, {"number", "2"}, {"list", `["b"]`}, {"raw", `{"b":[null]}`}, {"yes", "true"},
	} {
		if err := apply(&before, c.name, c.value); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	two := int64(2)
	want := record{Plain: inner{"Lyon", "France"}, Behind: &inner{"", "France"}, Number: &two, List: []string{"b"}, Raw: json.RawMessage(`{"b":[null]}`), Yes: true}
	if !reflect.DeepEqual(before, want) {
		t.Errorf("%+v", before)
	}
	if old.City != "Paris" || n != 1 || shared.List[0] != "a" || string(shared.Raw) != `{"a":1}` {
		t.Errorf("what was shared has changed: %+v", shared)
	}
	for name := range fields {
		if name != "given_name" {
			if err := apply(&before, name, "null"); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	if !reflect.DeepEqual(before, record{}) {
		t.Errorf("null leaves %+v", before)
	}
	if err := apply(&before, "behind", `{"city":"Nice"}`); err != nil || before.Behind.City != "Nice" {
		t.Errorf("%v %+v", err, before)
	}
}

func TestSet_Refuses(t *testing.T) {
	for _, c := range []struct{ name, value, says string }{
		{"plain", `{"City":"x"}`, "City: no such member; did you mean city?"},
		{"plain", `{"nothing_like":1}`, "nothing_like: no such member"},
		{"plain", `{"city":1}`, "city: got a number, allowed a text"},
		{"plain", `[]`, "got a list, allowed an object of city, country"},
		{"behind", `"x"`, "got a text, allowed an object of city, country"},
		{"behind", `{"city":"a","city":"b"}`, "got an object"},
		{"list", `[1]`, "got a list, allowed a list of texts"},
		{"list", `[null]`, "got a list"},
		{"list", `{}`, "got an object, allowed a list of texts"},
		{"raw", `"{}"`, "got a text, allowed an object"},
		{"number", `1.5`, "got a number, allowed a whole number"},
		{"number", `"1"`, "got a text"},
		{"number", `99999999999999999999`, "got a number"},
		{"yes", `"true"`, "got a text, allowed true or false"},
		{"yes", `1`, "got a number"},
	} {
		old := inner{City: "Paris"}
		r := record{Behind: &old, Plain: old}
		err := apply(&r, c.name, c.value)
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s %s: %v, want %q", c.name, c.value, err, c.says)
		}
		if old.City != "Paris" {
			t.Errorf("%s %s wrote into shared memory", c.name, c.value)
		}
	}
}

func TestRead(t *testing.T) {
	members, err := Read([]byte(` {"a":1,"b":null} `))
	if err != nil || !cmp.Equal(members, map[string]json.RawMessage{"a": json.RawMessage("1"), "b": json.RawMessage("null")}) {
		t.Errorf("%v %s", err, members)
	}
	for _, bad := range []string{``, `null`, `[]`, `"x"`, `{"a":1,"a":2}`, `{"a":1} {}`, `{"a":`, strings.Repeat(`{"a":`, 100) + "1" + strings.Repeat("}", 100)} {
		if _, err := Read([]byte(bad)); err == nil {
			t.Errorf("%.40s is read", bad)
		}
	}
}

func TestText(t *testing.T) {
	for _, c := range []struct {
		of         any
		text, want string
	}{
		{"", "Ada's app", `"Ada's app"`}, {"", "7", `"7"`}, {"", "true", `"true"`}, {"", `"quoted"`, `"quoted"`}, {"", `"`, `"\""`}, {"", "", `""`}, {"", "null", `null`},
		{[]string{}, "https://a.example/?x=1,2 https://b.example/", `["https://a.example/?x=1,2","https://b.example/"]`},
		{[]string{}, `["one"]`, `["one"]`}, {[]string{}, "[", `"["`}, {[]string{}, "", `[]`}, {[]string{}, "null", `null`},
		{true, "true", `true`}, {true, "yes", `"yes"`}, {int64(0), "60", `60`}, {inner{}, `{"city":"x"}`, `{"city":"x"}`},
	} {
		if got := string(Text(reflect.TypeOf(c.of), c.text)); got != c.want {
			t.Errorf("%T %s: %s, want %s", c.of, c.text, got, c.want)
		}
	}
}
