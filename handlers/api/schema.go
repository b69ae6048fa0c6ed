package api

import (
	"encoding/json"
	"maps"
	"path"
	"reflect"
	"slices"
	"strings"
	"time"

	"signet/provider"
	"signet/provider/account"
	"signet/provider/patch"
)

// schema is a schema object of OpenAPI 3.0 (§4.7.24), which JSON writes.
type schema map[string]any

// schemas makes schemas of Go types, as encoding/json writes their values. Named structs are made once, and referred to.
type schemas struct {
	named map[string]schema
}

// plain are types whose values are not written member by member.
var plain = map[reflect.Type]schema{
	reflect.TypeFor[time.Time]():       {"type": "string", "format": "date-time"},
	reflect.TypeFor[json.RawMessage](): {},
	reflect.TypeFor[[]byte]():          {"type": "string", "format": "byte"},
}

// said are types that are members of something, and which texts may be beside them.
var said = map[reflect.Type]struct {
	members map[string]reflect.StructField
	texts   []string
}{
	reflect.TypeFor[ClientMembers](): {clientMembers(), nil},
	reflect.TypeFor[NewClient]():     {clientMembers(), []string{"client_id", "client_secret"}},
	reflect.TypeFor[UserMembers]():   {account.PersonMembers(), nil},
	reflect.TypeFor[NewUser]():       {account.PersonMembers(), []string{"password", "password_hash"}},
	reflect.TypeFor[Arrival]():       {account.PersonMembers(), []string{"sub", "password_hash"}},
}

// clientMembers are the members of a client that an operator may say.
func clientMembers() map[string]reflect.StructField {
	all, out := patch.Fields(reflect.TypeFor[provider.Client]()), map[string]reflect.StructField{}
	for _, row := range provider.ClientMembers(provider.SetByOperator) {
		out[row.Name] = all[row.Name]
	}
	return out
}

// of is the schema of a type.
func (s *schemas) of(t reflect.Type) schema {
	if fixed, ok := plain[t]; ok {
		return maps.Clone(fixed)
	}
	if change, ok := said[t]; ok {
		return s.change(change.members, change.texts)
	}
	switch t.Kind() {
	case reflect.Pointer:
		return s.of(t.Elem())
	case reflect.Bool:
		return schema{"type": "boolean"}
	case reflect.String:
		return schema{"type": "string"}
	case reflect.Float32, reflect.Float64:
		return schema{"type": "number"}
	case reflect.Slice, reflect.Array:
		return schema{"type": "array", "items": s.of(t.Elem())}
	case reflect.Map:
		return schema{"type": "object", "additionalProperties": s.of(t.Elem())}
	case reflect.Struct:
		return s.refer(t)
	case reflect.Interface:
		return schema{}
	}
	return schema{"type": "integer"}
}

// refer names a struct's schema. Structs without a name, and pages of lists, are written where they are.
func (s *schemas) refer(t reflect.Type) schema {
	name := t.Name()
	if name == "" || strings.Contains(name, "[") {
		return s.object(t)
	}
	if room := path.Base(t.PkgPath()); t.PkgPath() != reflect.TypeFor[API]().PkgPath() {
		name = strings.ToUpper(room[:1]) + room[1:] + name
	}
	if _, done := s.named[name]; !done {
		s.named[name] = nil // it may refer to itself
		s.named[name] = s.object(t)
	}
	return schema{"$ref": "#/components/schemas/" + name}
}

// object is the schema of a struct. Members that are always written are required.
func (s *schemas) object(t reflect.Type) schema {
	properties, required := schema{}, []string{}
	for name, f := range patch.Fields(t) {
		properties[name] = s.of(f.Type)
		if strings.Contains(f.Tag.Get("json"), ",omit") {
			continue
		}
		if required = append(required, name); f.Type.Kind() == reflect.Slice {
			properties[name].(schema)["nullable"] = true // as an empty one is written
		}
	}
	out := schema{"type": "object", "properties": properties}
	if slices.Sort(required); len(required) > 0 {
		out["required"] = required
	}
	return out
}

// change is the schema of a change: any of the members, each of which may be null, and texts beside them.
func (s *schemas) change(fields map[string]reflect.StructField, texts []string) schema {
	properties := schema{}
	for name, f := range fields {
		one := s.of(f.Type)
		if one["$ref"] != nil {
			one = schema{"allOf": []schema{one}}
		}
		one["nullable"] = true
		properties[name] = one
	}
	for _, name := range texts {
		properties[name] = schema{"type": "string"}
	}
	return schema{"type": "object", "properties": properties, "additionalProperties": false}
}
