package attribute

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"strings"
	"testing"
)

func newSet(t *testing.T, definitions ...Definition) *Set {
	t.Helper()
	s, err := New(definitions)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestNew_Refuses(t *testing.T) {
	many := make([]Definition, maxAttributes+1)
	for i := range many {
		many[i].Name = fmt.Sprint("a", i)
	}
	long := strings.Repeat("x", 1000)
	for member, cases := range map[string][][]Definition{
		"name":     {{{}}, {{Name: "Plan"}}, {{Name: "1a"}}, {{Name: "a-b"}}, {{Name: "a.b"}}, {{Name: long}}, {{Name: "a"}, {Name: "a"}}, many},
		"label":    {{{Name: "a", Label: Words{"": ""}}}, {{Name: "a", Label: Words{"": "a\nb"}}}, {{Name: "a", Label: Words{"DE": "x"}}}, {{Name: "a", Label: Words{"de": long}}}, {{Name: "a", Label: Words{"not a language": "x"}}}},
		"hint":     {{{Name: "a", Hint: Words{"": "\u202e"}}}},
		"type":     {{{Name: "a", Type: "int"}}},
		"choices":  {{{Name: "a", Type: Enum}}, {{Name: "a", Choices: []string{"x"}}}, {{Name: "a", Type: Enum, Choices: []string{"x", "x"}}}, {{Name: "a", Type: Enum, Choices: []string{" x"}}}, {{Name: "a", Type: Enum, Choices: []string{""}}}},
		"pattern":  {{{Name: "a", Pattern: "("}}, {{Name: "a", Pattern: long}}, {{Name: "a", Type: Number, Pattern: "1"}}},
		"min":      {{{Name: "a", Min: "x"}}, {{Name: "a", Min: "-1"}}, {{Name: "a", Min: "1.5"}}, {{Name: "a", Type: Date, Min: "1"}}, {{Name: "a", Type: URL, Min: "1"}}, {{Name: "a", Type: Number, Min: "NaN"}}},
		"max":      {{{Name: "a", Min: "2", Max: "1"}}, {{Name: "a", Type: Date, Min: "2026-01-02", Max: "2026-01-01"}}, {{Name: "a", Type: Boolean, Max: "1"}}},
		"edit":     {{{Name: "a", Edit: "everybody"}}},
		"required": {{{Name: "a", Required: true}}},
		"ask":      {{{Name: "a", Edit: ByOperator, Ask: true}}},
		"claim":    {{{Name: "a", Claim: "a"}}, {{Name: "a", Scope: "s", Claim: "a b"}}, {{Name: "a", Scope: "s", Claim: `"`}}, {{Name: "a", Scope: "s", Claim: long}}},
		"in":       {{{Name: "a", Scope: "s", In: []Place{"access_token"}}}},
	} {
		for _, definitions := range cases {
			_, err := New(definitions)
			var wrong *DefinitionError
			if !errors.As(err, &wrong) || wrong.Member != member {
				t.Errorf("%.200v: %v, want a complaint about %s", definitions, err, member)
			}
		}
	}
}

// What may be said, in JSON, and what is stored of it; nothing for what is refused.
func TestRead(t *testing.T) {
	word := Definition{Name: "a", Pattern: "[a-z]+", Min: "2", Max: "3"}
	for _, c := range []struct {
		d         Definition
		said, got string
	}{
		{Definition{Type: String}, `" x "`, `"x"`}, {Definition{Type: String}, `"a\nb"`, ``}, {Definition{Type: String}, `7`, ``}, {Definition{Type: String}, `"a\u202eb"`, ``}, {Definition{Type: String}, `["x"]`, ``},
		{word, `"ab"`, `"ab"`}, {word, `"abcd"`, ``}, {word, `"a"`, ``}, {word, `"AB"`, ``}, {word, `"ab\nab"`, ``}, {word, `{}`, ``},
		{Definition{Type: Text}, `"a\r\nb"`, `"a\nb"`}, {Definition{Type: Text, Max: "2"}, `"abc"`, ``},
		{Definition{Type: Number}, `7`, `7`}, {Definition{Type: Number}, `" 7.50 "`, `7.5`}, {Definition{Type: Number}, `"seven"`, ``}, {Definition{Type: Number}, `"NaN"`, ``}, {Definition{Type: Number}, `"Inf"`, ``},
		{Definition{Type: Number}, `9007199254740991`, `9007199254740991`}, {Definition{Type: Number}, `9007199254740993`, ``}, {Definition{Type: Number}, `1e999`, ``}, {Definition{Type: Number}, `true`, ``},
		{Definition{Type: Number, Min: "-1", Max: "1"}, `-1`, `-1`}, {Definition{Type: Number, Min: "-1", Max: "1"}, `1.01`, ``}, {Definition{Type: Number, Min: "-1", Max: "1"}, `-2`, ``},
		{Definition{Type: Boolean}, `false`, `false`}, {Definition{Type: Boolean}, `"Yes"`, `true`}, {Definition{Type: Boolean}, `"maybe"`, ``}, {Definition{Type: Boolean}, `1`, ``},
		{Definition{Type: Date}, `"2024-02-29"`, `"2024-02-29"`}, {Definition{Type: Date}, `"2026-02-29"`, ``}, {Definition{Type: Date}, `"29.2.2024"`, ``},
		{Definition{Type: Date, Min: "2026-01-01", Max: "2026-12-31"}, `"2026-12-31"`, `"2026-12-31"`}, {Definition{Type: Date, Min: "2026-01-01"}, `"2025-12-31"`, ``}, {Definition{Type: Date, Max: "2026-01-01"}, `"2026-01-02"`, ``},
		{Definition{Type: URL}, `"https://a.example/?x=1&y=<2>"`, `"https://a.example/?x=1\u0026y=\u003c2\u003e"`}, {Definition{Type: URL}, `"javascript:alert(1)"`, ``}, {Definition{Type: URL}, `"/path"`, ``},
		{Definition{Type: URL, Pattern: "https://.*"}, `"http://a.example/"`, ``},
		{Definition{Type: Enum, Choices: []string{"free", "paid"}}, `"paid"`, `"paid"`}, {Definition{Type: Enum, Choices: []string{"free", "paid"}}, `"Paid"`, ``},
		{Definition{Type: List}, `["a"," b ","a",""]`, `["a","b"]`}, {Definition{Type: List}, `"a; b;;a"`, `["a","b"]`}, {Definition{Type: List}, `"a;b\r\nc\n"`, `["a;b","c"]`},
		{Definition{Type: List}, `["a",7]`, ``}, {Definition{Type: List}, `[null]`, ``}, {Definition{Type: List}, `["a\nb"]`, ``}, {Definition{Type: List, Max: "1"}, `["a","b"]`, ``}, {Definition{Type: List, Pattern: "[a-z]"}, `["a","B"]`, ``},
		{Definition{Type: List}, `{"a":1}`, ``}, {Definition{Type: List}, `;`, ``},
	} {
		c.d.Name = "a"
		a := newSet(t, c.d).Find("a")
		got, err := a.Read(json.RawMessage(c.said))
		if string(got) != c.got || (err != nil) != (c.got == "") {
			t.Errorf("%+v: %s became %s, %v, want %s", c.d, c.said, got, err, c.got)
		}
		if c.got == "" {
			continue
		}
		held := Values{"a": got}
		if _, fits := a.Value(held); !fits {
			t.Errorf("%+v: %s does not fit", c.d, got)
		}
		text, _ := json.Marshal(a.Text(held))
		if again, err := a.Read(text); err != nil || string(again) != string(got) {
			t.Errorf("%+v: %s written as %s is read as %s, %v", c.d, got, text, again, err)
		}
	}
	for _, nothing := range []string{`null`, `""`, `"  "`, `[]`} {
		for _, typ := range []Type{String, Number, List, Date} {
			if got, err := newSet(t, Definition{Name: "a", Type: typ}).Find("a").Read(json.RawMessage(nothing)); got != nil || err != nil {
				t.Errorf("%s %s: %s, %v", typ, nothing, got, err)
			}
		}
	}
}

func TestSettle(t *testing.T) {
	s := newSet(t, Definition{Name: "plan"}, Definition{Name: "born", Type: Date, Edit: Once})
	old := Values{"gone": json.RawMessage(`{"what":1}`), "born": json.RawMessage(`"2000-01-01"`), "plan": json.RawMessage(`17`)}
	for name, c := range map[string]struct {
		before, after Values
		loose         bool
		want          Values // nil with refused
		refused       bool
	}{
		"what stays is left alone":    {before: old, after: old, want: old},
		"an unknown one cannot come":  {after: Values{"gone": json.RawMessage(`1`)}, refused: true},
		"an unknown one cannot turn":  {before: old, after: Values{"gone": json.RawMessage(`1`)}, refused: true},
		"an unknown one may go":       {before: Values{"gone": json.RawMessage(`1`)}, after: Values{}},
		"once said":                   {before: old, after: Values{"born": json.RawMessage(`"2001-01-01"`)}, refused: true},
		"once said and taken away":    {before: old, after: Values{}, refused: true},
		"once said, by configuration": {before: old, after: Values{}, loose: true},
		"a wrong value":               {after: Values{"plan": json.RawMessage(`17`)}, refused: true},
		"an empty value":              {before: Values{"plan": json.RawMessage(`"a"`)}, after: Values{"plan": json.RawMessage(`""`)}},
		"a value":                     {after: Values{"plan": json.RawMessage(`" a "`)}, want: Values{"plan": json.RawMessage(`"a"`)}},
	} {
		got, err := s.Settle(c.before, c.after, !c.loose)
		if (err != nil) != c.refused || !c.refused && !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %s, %v", name, got, err)
		}
	}
	var none *Set
	if _, err := none.Settle(nil, Values{"a": json.RawMessage(`1`)}, true); err == nil {
		t.Error("without attributes one is taken")
	}
	if got, err := none.Settle(old, old, true); err != nil || !reflect.DeepEqual(got, old) {
		t.Errorf("%v, %v", got, err)
	}
}

// All values of a person together are bounded, but what is there may become less.
func TestSettle_Bounds(t *testing.T) {
	s := newSet(t, Definition{Name: "a", Type: List}, Definition{Name: "b", Type: List}, Definition{Name: "c", Type: List})
	lines := make([]string, maxLines)
	for i := range lines {
		lines[i] = fmt.Sprint(i, strings.Repeat("x", 250))
	}
	long, _ := json.Marshal(lines)
	if _, err := s.Settle(nil, Values{"a": long, "b": long}, true); err != nil {
		t.Error(err)
	}
	all := Values{"a": long, "b": long, "c": long}
	if _, err := s.Settle(nil, all, true); err == nil {
		t.Error("more than a person may have is taken")
	}
	if _, err := s.Settle(all, Values{"a": long, "b": long, "c": json.RawMessage(`["x"]`)}, true); err != nil {
		t.Errorf("less than before: %v", err)
	}
}

// What no longer fits is not there, and may be said again where it is said once.
func TestValue_ThatNoLongerFits(t *testing.T) {
	before := Values{"a": json.RawMessage(`"blue"`)}
	for _, d := range []Definition{
		{Type: Number}, {Type: Boolean}, {Type: Date}, {Type: List}, {Type: Enum, Choices: []string{"red"}}, {Max: "3"}, {Pattern: "[0-9]+"}, {Type: URL},
	} {
		d.Name, d.Edit, d.Ask = "a", Once, true
		s := newSet(t, d)
		a := s.Find("a")
		if v, fits := a.Value(before); fits || a.Text(before) != "" || !a.MaySay(before) || len(s.Missing(before)) != 1 {
			t.Errorf("%+v: %v fits", d, v)
		}
	}
	for _, raw := range []string{`[1]`, `{`, `null`, `{"a":1}`} {
		if v, fits := newSet(t, Definition{Name: "a", Type: List}).Find("a").Value(Values{"a": json.RawMessage(raw)}); fits {
			t.Errorf("%s: %v fits", raw, v)
		}
	}
}

func TestSay(t *testing.T) {
	s := newSet(t, Definition{Name: "own", Edit: ByPerson}, Definition{Name: "once", Edit: Once}, Definition{Name: "held", Edit: Once}, Definition{Name: "theirs"})
	now := Values{"held": json.RawMessage(`"x"`), "old": json.RawMessage(`1`)}
	kept := maps.Clone(now)
	after := s.Say(now, map[string]string{"own": "a", "once": "b", "held": "c", "theirs": "d", "unknown": "e", "old": "f"})
	want := Values{"held": json.RawMessage(`"x"`), "old": json.RawMessage(`1`), "own": json.RawMessage(`"a"`), "once": json.RawMessage(`"b"`)}
	if !reflect.DeepEqual(after, want) || !reflect.DeepEqual(now, kept) {
		t.Errorf("%s, was %s", after, now)
	}
}

func TestWords(t *testing.T) {
	w := Words{"de": "Tarif", "pt-BR": "Plano", "": "Plan"}
	for tag, want := range map[string]string{"de": "Tarif", "de-CH": "Tarif", "pt-BR": "Plano", "pt": "Plan", "fr": "Plan", "": "Plan"} {
		if got := w.In(tag); got != want {
			t.Errorf("%s: %s, want %s", tag, got, want)
		}
	}
	if got := (Words{"fr": "a", "de": "b"}).In("es"); got != "b" {
		t.Errorf("without a word for all: %s", got)
	}
	if got := (Words)(nil).In("es"); got != "" {
		t.Errorf("without words: %s", got)
	}
}
