package audit

import (
	"bytes"
	"encoding/json"
	"slices"
)

// Differ returns the names of the members in which two values differ as JSON objects, sorted: what was changed, without saying to
// what.
func Differ(before, after any) []string {
	a, b := members(before), members(after)
	var names []string
	for name, value := range a {
		if !bytes.Equal(value, b[name]) {
			names = append(names, name)
		}
	}
	for name := range b {
		if _, ok := a[name]; !ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func members(v any) map[string]json.RawMessage {
	text, err := json.Marshal(v)
	var m map[string]json.RawMessage
	if err != nil || json.Unmarshal(text, &m) != nil {
		return nil
	}
	return m
}
