package config

import (
	"cmp"
	"encoding/json"
	"reflect"
	"strings"
	"time"
)

// Metadata is what a declared client says of itself, by the names of a client's metadata (RFC 7591 §2), ready to be written as
// JSON: durations are in seconds. What is left out, and follows from nothing else, is not there; nor are id and secret.
func (c Client) Metadata() map[string]any {
	members := map[string]any{}
	v := reflect.ValueOf(c)
	for _, n := range schema.child("client").children {
		name := n.member()
		if field := v.Field(n.field); name != "-" && name != "client_id" && name != "client_secret" && !field.IsZero() {
			put(members, name, metadataValue(name, field.Interface()))
		}
	}
	return members
}

// member is the name of a client's metadata that a setting becomes.
func (n *node) member() string { return cmp.Or(n.tag.Get("member"), n.name) }

// put writes "lifetimes.access" as the member access of an object.
func put(members map[string]any, name string, value any) {
	object, rest, nested := strings.Cut(name, ".")
	if !nested {
		members[name] = value
		return
	}
	inner, _ := members[object].(map[string]any)
	if inner == nil {
		inner = map[string]any{}
		members[object] = inner
	}
	inner[rest] = value
}

func metadataValue(name string, v any) any {
	switch v := v.(type) {
	case time.Duration:
		return int64(v / time.Second)
	case *time.Duration:
		return int64(*v / time.Second)
	case string:
		if name == "jwks" {
			return json.RawMessage(v)
		}
	}
	return v
}
