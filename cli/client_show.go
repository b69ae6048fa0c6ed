package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"signet/handlers/api"
)

// membersOf lists the members of a client that say something, in the order of its record.
func membersOf(c api.Client) ([]fact, error) {
	record, err := json.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("cli: %w", err)
	}
	d := json.NewDecoder(bytes.NewReader(record))
	if _, err := d.Token(); err != nil { // the brace
		return nil, fmt.Errorf("cli: %w", err)
	}
	var facts []fact
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, fmt.Errorf("cli: %w", err)
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, fmt.Errorf("cli: %w", err)
		}
		if text := said(c, name.(string), value); text != "" {
			facts = append(facts, fact{name.(string), text})
		}
	}
	return facts, nil
}

// said is a member's value for people. What says nothing is empty.
func said(c api.Client, name string, value json.RawMessage) string {
	var (
		text string
		list []string
	)
	switch {
	case name == "secrets":
		return secretsOf(c)
	case name == "epoch" || string(value) == "null" || string(value) == "false":
		return ""
	case name == "created":
		return date(c.Created)
	case name == "updated":
		return date(c.Updated)
	case string(value) == "true":
		return "yes"
	case json.Unmarshal(value, &text) == nil:
		return text
	case json.Unmarshal(value, &list) == nil:
		return words(list)
	}
	return string(value)
}

// secretsOf says of each live secret when it was made and when it ends.
func secretsOf(c api.Client) string {
	var all []string
	for _, s := range c.Secrets {
		one := "made " + date(s.Created)
		if s.Expires > 0 {
			one += ", ends " + date(s.Expires)
		}
		all = append(all, one)
	}
	return strings.Join(all, "; ")
}
