package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// membersOf lists the members of a record that say something, in the record's order. Those that own names are said as it has
// them; the others as people read them. Members of an object are told as "address.country".
func membersOf(record any, own map[string]string) ([]fact, error) {
	document, err := json.Marshal(record)
	if err != nil {
		return nil, fmt.Errorf("cli: %w", err)
	}
	facts, err := membersIn(document, "", own)
	if err != nil {
		return nil, fmt.Errorf("cli: %w", err)
	}
	return facts, nil
}

func membersIn(object json.RawMessage, prefix string, own map[string]string) ([]fact, error) {
	d := json.NewDecoder(bytes.NewReader(object))
	if _, err := d.Token(); err != nil { // the brace
		return nil, err
	}
	var facts []fact
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return nil, err
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, err
		}
		name := prefix + fmt.Sprint(token)
		text, mine := own[name]
		switch {
		case mine:
		case value[0] == '{' && name != "jwks":
			inner, err := membersIn(value, name+".", own)
			if err != nil {
				return nil, err
			}
			facts = append(facts, inner...)
			continue
		default:
			text = said(name, value)
		}
		if text != "" {
			facts = append(facts, fact{name, text})
		}
	}
	return facts, nil
}

// momentMembers are members in Unix seconds.
var momentMembers = []string{"created", "updated", "leaving.asked", "leaving.ends", "terms.at"}

// said is a member's value for people. What says nothing is empty.
func said(name string, value json.RawMessage) string {
	var (
		text string
		list []string
		when int64
	)
	switch {
	case string(value) == "null" || string(value) == "false":
		return ""
	case string(value) == "true":
		return "yes"
	case slices.Contains(momentMembers, name) && json.Unmarshal(value, &when) == nil:
		return date(when)
	case json.Unmarshal(value, &text) == nil:
		return strings.ReplaceAll(text, "\n", ", ")
	case json.Unmarshal(value, &list) == nil:
		return words(list)
	}
	return string(value)
}
