package attribute

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Values are what is stored of a person's attributes, by their names: JSON of the attribute's type, written in one way only.
// Values of attributes that are not defined any more stay.
type Values map[string]json.RawMessage

// ValueError says why a value cannot be taken.
type ValueError struct {
	// Name is the attribute's, Got the value, Allowed what would do.
	Name, Got, Allowed string
}

func (e *ValueError) Error() string {
	return fmt.Sprintf("attribute: %s: got %q, allowed %s", e.Name, e.Got, e.Allowed)
}

func (a *Attribute) refuse(got, allowed string) error {
	return &ValueError{Name: a.Name, Got: got, Allowed: allowed}
}

// Value is what a person's attribute is: a string, float64, bool or []string. There is none if nothing was said, or if what was
// said does not fit any more.
func (a *Attribute) Value(of Values) (any, bool) {
	raw, said := of[a.Name]
	if !said {
		return nil, false
	}
	var v any
	if json.Unmarshal(raw, &v) != nil {
		return nil, false
	}
	if items, ok := v.([]any); ok {
		if v, ok = texts(items); !ok {
			return nil, false
		}
	}
	if a.judge(v) != nil {
		return nil, false
	}
	return v, true
}

// Text is the value as a form has it: lists have a line for each item. What does not fit is empty.
func (a *Attribute) Text(of Values) string {
	v, _ := a.Value(of)
	switch v := v.(type) {
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case bool:
		return strconv.FormatBool(v)
	case []string:
		return strings.Join(v, "\n")
	}
	return ""
}

// Read takes a value in JSON: of the attribute's type, or the text that a person writes for it. It returns it as it is stored,
// nil for nothing (null, an empty text or list), or a ValueError.
func (a *Attribute) Read(raw json.RawMessage) (json.RawMessage, error) {
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		return nil, a.refuse(string(raw), "JSON")
	}
	var err error
	switch said := v.(type) {
	case nil:
		return nil, nil
	case string:
		v, err = a.parse(said)
	case []any:
		v, err = a.items(said)
	}
	if err != nil || v == nil {
		return nil, err
	}
	if err := a.judge(v); err != nil {
		return nil, err
	}
	return json.Marshal(v)
}

// Said tells whether a text that a person writes says something. It returns a ValueError if it cannot be taken.
func (a *Attribute) Said(text string) (bool, error) {
	raw, err := json.Marshal(text)
	if err != nil {
		return false, a.refuse(text, a.allowed())
	}
	value, err := a.Read(raw)
	return value != nil, err
}

// parse reads what a person writes. The lines of a list may stand on lines of their own, or with semicolons between.
func (a *Attribute) parse(text string) (any, error) {
	if text = strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n")); text == "" {
		return nil, nil
	}
	switch a.Type {
	case Number:
		n, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return nil, a.refuse(text, a.allowed())
		}
		return n, nil
	case Boolean:
		switch strings.ToLower(text) {
		case "true", "yes":
			return true, nil
		case "false", "no":
			return false, nil
		}
		return nil, a.refuse(text, a.allowed())
	case List:
		between := ";"
		if strings.Contains(text, "\n") {
			between = "\n"
		}
		return trimmed(strings.Split(text, between)), nil
	}
	return text, nil
}

func (a *Attribute) items(said []any) (any, error) {
	items, ok := texts(said)
	if !ok {
		return nil, a.refuse(fmt.Sprint(said...), a.allowed())
	}
	if items = trimmed(items); len(items) == 0 {
		return nil, nil
	}
	return items, nil
}

// trimmed leaves out what is empty or comes again.
func trimmed(items []string) []string {
	var list []string
	for _, item := range items {
		if item = strings.TrimSpace(item); item != "" && !slices.Contains(list, item) {
			list = append(list, item)
		}
	}
	return list
}

func texts(items []any) ([]string, bool) {
	list := make([]string, len(items))
	for i, item := range items {
		s, ok := item.(string)
		if !ok {
			return nil, false
		}
		list[i] = s
	}
	return list, true
}

// judge is the one place that knows what a value may be.
func (a *Attribute) judge(v any) error {
	good := false
	switch v := v.(type) {
	case string:
		good = a.goodText(v)
	case float64:
		good = a.Type == Number && math.Abs(v) <= maxNumber && a.within(bound{number: v})
	case bool:
		good = a.Type == Boolean
	case []string:
		good = a.Type == List && len(v) > 0 && len(v) <= maxLines && a.within(bound{number: float64(len(v))}) && !slices.ContainsFunc(v, func(item string) bool {
			return item == "" || !Line(item, maxLine) || !a.matches(item)
		})
	}
	if !good {
		return a.refuse(shown(v), a.allowed())
	}
	return nil
}

func (a *Attribute) goodText(s string) bool {
	long := bound{number: float64(utf8.RuneCountInString(s))}
	switch a.Type {
	case String:
		return s != "" && Line(s, maxLine) && a.within(long) && a.matches(s)
	case Text:
		return s != "" && Printable(s, maxText) && a.within(long) && a.matches(s)
	case URL:
		return WebURL(s) && a.matches(s)
	case Date:
		return isDay(s) && a.within(bound{day: s})
	case Enum:
		return slices.Contains(a.Choices, s)
	}
	return false
}

func (a *Attribute) matches(s string) bool { return a.pattern == nil || a.pattern.MatchString(s) }

func (a *Attribute) within(b bound) bool {
	return (a.min == nil || !b.before(a.min)) && (a.max == nil || !a.max.before(&b))
}

func shown(v any) string {
	if list, ok := v.([]string); ok {
		return strings.Join(list, "; ")
	}
	return fmt.Sprint(v)
}

// allowed says in words what a value may be.
func (a *Attribute) allowed() string {
	words := map[Type]string{
		String: "one line of at most 256 characters", Text: "text of at most 1024 characters", Number: "a number of at most 15 digits", Boolean: "true or false",
		Date: "a day, YYYY-MM-DD", URL: "an http or https URL of at most 2048 bytes", Enum: "one of " + strings.Join(a.Choices, ", "),
		List: "at most 50 lines of at most 256 characters",
	}[a.Type]
	if a.Min != "" {
		words += ", at least " + a.Min
	}
	if a.Max != "" {
		words += ", at most " + a.Max
	}
	if a.Pattern != "" {
		words += ", of the form " + a.Pattern
	}
	return words
}

// Settle is the one judge of changes: what holds before becomes after. Values that stay are left alone, whatever they are. fixed
// holds whoever says it to what was said once. It returns a ValueError.
func (s *Set) Settle(before, after Values, fixed bool) (Values, error) {
	settled := Values{}
	for _, name := range slices.Sorted(maps.Keys(after)) {
		raw, held := before[name]
		if held && string(raw) == string(after[name]) {
			settled[name] = raw
			continue
		}
		a := s.Find(name)
		if a == nil {
			return nil, &ValueError{Name: name, Got: string(after[name]), Allowed: "attributes of the configuration" + s.listed()}
		}
		value, err := a.Read(after[name])
		if err != nil {
			return nil, err
		}
		if value != nil {
			settled[name] = value
		}
	}
	if len(settled) == 0 {
		settled = nil
	}
	if size := settled.size(); size > maxValues && size > before.size() {
		return nil, &ValueError{Name: "all", Got: fmt.Sprintf("%d bytes", size), Allowed: fmt.Sprintf("%d bytes for all attributes of a person together", maxValues)}
	}
	return settled, s.keepOnce(before, settled, fixed)
}

// size is about how many bytes the values take.
func (v Values) size() (n int) {
	for name, raw := range v {
		n += len(name) + len(raw)
	}
	return n
}

func (s *Set) listed() string {
	var all []string
	for _, a := range s.All() {
		all = append(all, a.Name)
	}
	if len(all) == 0 {
		return ", which has none"
	}
	return ": " + strings.Join(all, ", ")
}

// keepOnce refuses another value of what was said once.
func (s *Set) keepOnce(before, after Values, fixed bool) error {
	for _, a := range s.All() {
		if _, said := a.Value(before); fixed && said && a.Edit == Once && string(before[a.Name]) != string(after[a.Name]) {
			return a.refuse(string(after[a.Name]), "what was said once: it cannot be changed")
		}
	}
	return nil
}

// Say is what a person's attributes become when the person says some: texts by the attributes' names. What they may not say is
// left out. The values are judged by Settle.
func (s *Set) Say(now Values, said map[string]string) Values {
	after := maps.Clone(now)
	if after == nil {
		after = Values{}
	}
	for _, a := range s.All() {
		text, given := said[a.Name]
		if !given || !a.MaySay(now) || text == a.Text(now) {
			continue
		}
		raw, err := json.Marshal(text)
		if err == nil {
			after[a.Name] = raw
		}
	}
	return after
}
