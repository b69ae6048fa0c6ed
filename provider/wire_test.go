package provider

import (
	"net/url"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"signet/storage"
)

// wired is a value that is written and read in our own form.
type wired interface {
	marshal() []byte
	unmarshal([]byte) error
}

func wires() []func() wired {
	return []func() wired{
		func() wired { return &Code{} }, func() wired { return &AccessToken{} }, func() wired { return &RefreshToken{} }, func() wired { return &Grant{} }, func() wired { return &Request{} }, func() wired { return &pushed{} },
		func() wired { return &device{} }, func() wired { return &deviceCode{} },
	}
}

// inside is what comparisons may look into, and what does not travel.
var inside = cmp.Options{cmpopts.IgnoreUnexported(Request{})}

// A request that was sealed before there were other ways to ask is read as it was meant.
func TestWireReadsTheFirstForm(t *testing.T) {
	w := newWriter(formRequest1)
	w.string("a=b")
	w.int(1)
	w.int(2)
	w.string("id")
	w.uint(0)
	got, want := &Request{}, &Request{Params: url.Values{"a": {"b"}}, At: 1, Expires: 2, ID: "id"}
	if err := got.unmarshal(w.b); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, inside); diff != "" {
		t.Error(diff)
	}
}

// FuzzWire: reading never panics, and what was read and is written again reads the same. So does what is made of the same
// parts.
func FuzzWire(f *testing.F) {
	m := Mandate{GrantID: "g", GrantExpires: 1, ClientID: "c", ClientEpoch: 1 << 31, Subject: "s", PersonEpoch: 3, SessionID: "x", SessionExpires: -1, SID: "sid", Offline: true, Scopes: []string{"a", ""}, Audience: []string{"b"}, AMR: []string{"pwd"}, ACR: "1", Nonce: "\x00\xff"}
	for _, v := range []wired{
		&Code{Mandate: m, ID: "id", RedirectURI: "https://a.test", Challenge: "c"}, &AccessToken{Mandate: m, ID: "id"}, &RefreshToken{Generation: 1 << 63, ClientID: "c"}, &Grant{Mandate: m, Generation: 2},
		&pushed{"c", "a=b", true, 1, true}, &Request{Origin: Origin{true, true, "id", 1}},
		&Request{Params: url.Values{"a": {"b", "c"}}, At: 1, Proofs: []Proof{{Step: StepLogin, Subject: "s", Denied: true, Scopes: []string{"x"}}}},
	} {
		f.Add(v.marshal())
	}
	f.Add([]byte{})
	f.Add([]byte{1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, empty := range wires() {
			v, again := empty(), empty()
			if v.unmarshal(b) != nil {
				continue
			}
			if err := again.unmarshal(v.marshal()); err != nil {
				t.Fatalf("%T: %v", v, err)
			}
			if diff := cmp.Diff(v, again, cmpopts.EquateEmpty(), inside); diff != "" {
				t.Fatalf("%T: %s", v, diff)
			}
			for cut := range min(len(b), 64) {
				_ = empty().unmarshal(b[:cut])
			}
		}
	})
}

// Every field of what is sealed comes back: a new one that is not written would show here.
func TestWireKeepsEveryField(t *testing.T) {
	m := Mandate{"g", 1, "c", 2, "s", 3, "x", 4, "sid", true, []string{"a"}, []string{"b"}, 5, []string{"pwd"}, "1", "n", 7, []string{"name"}, []string{"email"}}
	for _, v := range []wired{
		&Code{m, "id", 6, 7, "https://a.test", "c"}, &AccessToken{m, "id", 6, 7, ""}, &RefreshToken{"c", "g", 1, 2, 3, 4}, &Grant{m, 2, 8, 9},
		&Request{url.Values{"a": {"b", "c"}}, Origin{false, true, "o", 5}, 1, 2, "id", "WDJBMJHT", "d", "", []Proof{{StepLogin, "s", 3, true, []string{"x"}}, {StepConsent, "t", 4, false, nil}}, storage.Row[pushed]{}},
		&Request{url.Values{}, Origin{true, false, "o", 5}, 1, 2, "id", "", "", "", nil, storage.Row[pushed]{}}, &Request{url.Values{}, Origin{}, 1, 2, "id", "", "", "/account", []Proof{{StepLogin, "s", 3, false, nil}}, storage.Row[pushed]{}}, &pushed{"c", "a=b", true, 6, true},
		&device{m, "id", deviceDenied, 6, Place{"192.0.2.1", "Television"}}, &deviceCode{"id", "key", "c", 2, 7, "c"},
	} {
		again := reflect.New(reflect.TypeOf(v).Elem()).Interface().(wired)
		if err := again.unmarshal(v.marshal()); err != nil {
			t.Errorf("%T: %v", v, err)
		}
		if diff := cmp.Diff(v, again, inside); diff != "" {
			t.Errorf("%T: %s", v, diff)
		}
	}
}
