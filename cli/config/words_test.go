package config

import (
	"reflect"
	"testing"
)

func TestWordsBoundsAndValues(t *testing.T) {
	doc := "[[attribute]]\nname = \"a\"\nlabel = \"A\"\nmin = 1.5\nmax = \"2\"\n[attribute.hint]\nen = \"E\"\npt-BR = \"P\"\n" +
		"[[attribute]]\nname = \"b\"\ntype = \"date\"\nmin = 2026-01-31\n" +
		"[[user]]\nname = \"u\"\nattributes = { a = 1, b = 2026-02-01, c = [\"x\"], d = true, \"e e\" = 1.5 }\n"
	for _, text := range []string{doc, ""} {
		if text == "" { // what is shown is read back
			text, _ = must(t, doc).Show("text", false)
		}
		c := must(t, text)
		want := []Attribute{
			{Name: "a", Label: Words{"": "A"}, Hint: Words{"en": "E", "pt-BR": "P"}, Type: "string", Min: "1.5", Max: "2", Edit: "operator", In: []string{"id_token", "userinfo"}},
			{Name: "b", Type: "date", Min: "2026-01-31", Edit: "operator", In: []string{"id_token", "userinfo"}},
		}
		if !reflect.DeepEqual(c.Attributes, want) {
			t.Errorf("%+v, want %+v", c.Attributes, want)
		}
		if got := c.Users[0].Attributes; !reflect.DeepEqual(got, Values{"a": int64(1), "b": "2026-02-01", "c": []string{"x"}, "d": true, "e e": 1.5}) {
			t.Errorf("%#v", got)
		}
	}
}
