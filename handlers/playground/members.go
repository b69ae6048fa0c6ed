package playground

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// member is a member of a JSON object.
type member struct {
	name  string
	value json.RawMessage
}

// members returns the members of an object in their order, or nothing if it is none.
func members(raw []byte) []member {
	d := json.NewDecoder(bytes.NewReader(raw))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil
	}
	var out []member
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil
		}
		m := member{name: name.(string)}
		if d.Decode(&m.value) != nil {
			return nil
		}
		out = append(out, m)
	}
	return out
}

// find returns the value of a member, or nil.
func find(all []member, name string) json.RawMessage {
	for _, m := range all {
		if m.name == name {
			return m.value
		}
	}
	return nil
}

// text is the value for people: a string without its quotes, a list of strings separated by blanks, a time with its date.
func (m member) text() string {
	var s string
	if json.Unmarshal(m.value, &s) == nil {
		return s
	}
	var list []string
	if json.Unmarshal(m.value, &list) == nil {
		return strings.Join(list, " ")
	}
	if times[m.name] {
		if n, err := strconv.ParseInt(string(m.value), 10, 64); err == nil {
			return string(m.value) + " = " + time.Unix(n, 0).UTC().Format("2006-01-02 15:04:05") + " UTC"
		}
	}
	return string(m.value)
}

// times are the members that count seconds since 1970 (RFC 7519 §2).
var times = map[string]bool{"exp": true, "iat": true, "nbf": true, "auth_time": true, "updated_at": true, "client_id_issued_at": true}
