package keys

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

type claims struct {
	Subject  string       `json:"sub"`
	Audience []string     `json:"aud"`
	Expiry   *NumericDate `json:"exp"`
	Nested   struct {
		Name string `json:"name"`
	} `json:"nested"`
	Map    map[string]claims `json:"map"`
	Any    any               `json:"any"`
	Raw    json.RawMessage   `json:"raw"`
	Bytes  []byte            `json:"bytes"`
	Hidden string            `json:"-"`
	Plain  int
	embedded
}

type embedded struct {
	Issuer string `json:"iss"`
}

func TestDecodeJSON(t *testing.T) {
	var got claims
	text := ` {"sub":"s","aud":["a","b"],"exp":7.9,"nested":{"name":"n","Name":"x"},"map":{"k":{"sub":"t","Sub":"u"}},"any":{"n":1e400},
		"raw":[1, 2],"bytes":"AAE=","Hidden":"h","-":"h","Plain":3,"plain":4,"iss":"i","ISS":"j","other":null} `
	if err := DecodeJSON([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	seven := NumericDate(7)
	want := claims{Subject: "s", Audience: []string{"a", "b"}, Expiry: &seven, Map: map[string]claims{"k": {Subject: "t"}},
		Any: map[string]any{"n": json.Number("1e400")}, Raw: json.RawMessage("[1, 2]"), Bytes: []byte{0, 1}, Plain: 3, embedded: embedded{"i"}}
	want.Nested.Name = "n"
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(claims{})); diff != "" {
		t.Error(diff)
	}
	got = claims{}
	if err := DecodeJSON([]byte(`{"sub":null,"aud":null,"exp":null,"map":null,"nested":null}`), &got); err != nil {
		t.Error(err)
	} else if diff := cmp.Diff(claims{}, got, cmp.AllowUnexported(claims{})); diff != "" {
		t.Error(diff)
	}
	if err := DecodeJSON([]byte(`{}`), got); !errors.Is(err, ErrJSON) {
		t.Errorf("no pointer: %v", err)
	}
}

func TestAttack_AD08_StrictJSON(t *testing.T) {
	deep := func(n int) string { return strings.Repeat(`{"a":[`, n/2) + strings.Repeat(`]}`, n/2) }
	for _, text := range []string{
		`{"sub":"a","sub":"b"}`, `{"sub":"a","s\u0075b":"b"}`, `{"s\u0075b":"a","sub":"b"}`, `{"a":{"b":[{"c":1,"c":2}]}}`,
		`{"":1,"":2}`, `{"x":1,"any":{"x":1, "x" :2}}`, deep(34), strings.Repeat("[", 5000), `{"sub":"a"} {}`, `{"sub":"a"}x`, ``, ` `,
		`{"sub":"a",}`, `[1,]`, `{sub:"a"}`, `{'sub':'a'}`, "{\"sub\":\"\xff\"}", `{"any":NaN}`, `{"any":Infinity}`, `{"any":+1}`, `{"any":01}`,
		`{"any":1.}`, `{"sub":5}`, `{"sub":true}`, `{"aud":"a"}`, `{"aud":[1]}`, `{"nested":[]}`, `{"nested":"x"}`, `{"map":[]}`, `[]`, `"x"`, `1`,
		"{\"sub\":\"a\nb\"}", "\ufeff{}", `{"Plain":1.5}`, `{"Plain":1e400}`, `{"Plain":"1"}`,
	} {
		var c claims
		if err := DecodeJSON([]byte(text), &c); !errors.Is(err, ErrJSON) {
			t.Errorf("%.60q: %v, want ErrJSON", text, err)
		}
	}
	for _, text := range []string{`{}`, `null`, `{"a":"sub","b":"sub","c":["sub","sub"]}`, `{"a":{"x":1},"b":{"x":1}}`, `{"a":"\":","b":"\":"}`, deep(32)} {
		if err := CheckJSON([]byte(text)); err != nil {
			t.Errorf("%.60q: %v", text, err)
		}
	}
	for _, text := range []string{`{"Sub":"admin"}`, `{"SUB":"admin"}`, `{"ſub":"admin"}`, `{"sub ":"admin"}`} {
		var c claims
		if err := DecodeJSON([]byte(text), &c); err != nil || c.Subject != "" {
			t.Errorf("%q: subject %q, %v; want none", text, c.Subject, err)
		}
	}
}

func TestAttack_AD08_NumericDate(t *testing.T) {
	for text, want := range map[string]NumericDate{"0": 0, "1800000000": 1800000000, "1.8e9": 1800000000, "12.999": 12, "253402300799": maxDate, "1e-400": 0} {
		var c struct {
			Expiry NumericDate `json:"exp"`
		}
		if err := DecodeJSON([]byte(`{"exp":`+text+`}`), &c); err != nil || c.Expiry != want {
			t.Errorf("%s: %d, %v; want %d", text, c.Expiry, err, want)
		}
	}
	for _, text := range []string{`"1800000000"`, `null`, `true`, `[]`, `{}`, `1e400`, `-1`, `-0.5`, `-1e400`, `253402300800`, `9223372036854775808`, `1e999999999`} {
		var c struct {
			Expiry NumericDate `json:"exp"`
		}
		if err := DecodeJSON([]byte(`{"exp":`+text+`}`), &c); !errors.Is(err, ErrJSON) {
			t.Errorf("%s: %d, %v; want ErrJSON", text, c.Expiry, err)
		}
	}
	if got := NumericDate(1800000000).Time().String(); got != "2027-01-15 08:00:00 +0000 UTC" {
		t.Error(got)
	}
}

// strictByTokens says the same as CheckJSON in another way: the standard decoder's tokens.
func strictByTokens(data []byte) bool {
	if !utf8.Valid(data) || !json.Valid(data) {
		return false
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	ok := valueByTokens(d, 0)
	_, err := d.Token()
	return ok && err == io.EOF
}

func valueByTokens(d *json.Decoder, depth int) bool {
	token, err := d.Token()
	if err != nil {
		return false
	}
	delim, ok := token.(json.Delim)
	if !ok {
		return true
	}
	names := map[any]bool{}
	for d.More() {
		if delim == '{' {
			name, err := d.Token()
			if err != nil || names[name] {
				return false
			}
			names[name] = true
		}
		if !valueByTokens(d, depth+1) {
			return false
		}
	}
	_, err = d.Token()
	return err == nil && depth < MaxDepth
}

// FuzzStrictJSON: the check agrees with one made of the standard decoder's tokens; and a struct gets exactly the member of its
// field's name.
func FuzzStrictJSON(f *testing.F) {
	for _, seed := range []string{`{"sub":"a","Sub":"b","s\u0075b":"c"}`, `{"a":[{"b":"\\\"","b ":null}],"a":1}`, `[[[[]]],"x:","y"]`, `{"sub":"\ud800","x":1e5}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		err := CheckJSON(data)
		if want := strictByTokens(data); (err == nil) != want {
			t.Fatalf("%q: %v, but by tokens %v", data, err, want)
		}
		var c struct {
			Subject string `json:"sub"`
		}
		var members map[string]any
		if DecodeJSON(data, &c) != nil || json.Unmarshal(data, &members) != nil {
			return
		}
		if want, _ := members["sub"].(string); c.Subject != want {
			t.Fatalf("%q: subject %q, want %q", data, c.Subject, want)
		}
	})
}
