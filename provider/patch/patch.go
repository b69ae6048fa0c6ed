// Package patch changes a record by a JSON object of its members, more strictly than encoding/json: names are compared byte for
// byte, a list has no null in it, and nothing is written into memory that the record shares with others.
package patch

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"signet/keys"
	"signet/provider/spelling"
)

// Fields are the fields of a struct by the names of their members in JSON, with those of embedded structs.
func Fields(t reflect.Type) map[string]reflect.StructField {
	fields := map[string]reflect.StructField{}
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.IsExported() && !f.Anonymous && name != "-" {
			fields[name] = f
		}
	}
	return fields
}

// Read returns the members of a JSON object.
func Read(document []byte) (map[string]json.RawMessage, error) {
	if err := keys.CheckJSON(document); err != nil {
		return nil, err
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(document, &members); err != nil || members == nil {
		return nil, errors.New("want an object of members")
	}
	return members, nil
}

// IsNull tells whether a value is null, which puts a member back to what it is when nobody says it.
func IsNull(value json.RawMessage) bool { return string(value) == "null" }

// Set writes a member into a field of the record that the pointer points to. Of an object, the members that are left out stay.
// The error says what shape the value has and what it may have; never the value, which may be a key.
func Set(record any, field reflect.StructField, value json.RawMessage) error {
	return set(reflect.ValueOf(record).Elem().FieldByIndex(field.Index), value)
}

func set(v reflect.Value, value json.RawMessage) error {
	switch _, isRaw := v.Interface().(json.RawMessage); {
	case IsNull(value):
		v.SetZero()
	case isRaw:
		return setRaw(v, value)
	case v.Kind() == reflect.Pointer:
		return setPointer(v, value)
	case v.Kind() == reflect.Struct:
		return setObject(v, value)
	case v.Kind() == reflect.Slice:
		return setList(v, value)
	case v.Kind() == reflect.Map:
		return setValues(v, value)
	default:
		fresh := reflect.New(v.Type())
		if json.Unmarshal(value, fresh.Interface()) != nil {
			return wrong(v, value)
		}
		v.Set(fresh.Elem())
	}
	return nil
}

func wrong(v reflect.Value, value json.RawMessage) error {
	return fmt.Errorf("got %s, allowed %s", shapeIn(value), shapeOf(v.Type()))
}

func setRaw(v reflect.Value, value json.RawMessage) error {
	if value[0] != '{' {
		return wrong(v, value)
	}
	v.Set(reflect.ValueOf(slices.Clone(value)))
	return nil
}

func setPointer(v reflect.Value, value json.RawMessage) error {
	fresh := reflect.New(v.Type().Elem())
	if !v.IsNil() {
		fresh.Elem().Set(v.Elem())
	}
	if err := set(fresh.Elem(), value); err != nil {
		return err
	}
	v.Set(fresh)
	return nil
}

func setObject(v reflect.Value, value json.RawMessage) error {
	members, err := Read(value)
	if err != nil {
		return wrong(v, value)
	}
	fields := Fields(v.Type())
	for _, name := range slices.Sorted(maps.Keys(members)) {
		field, known := fields[name]
		if !known {
			return fmt.Errorf("%s: %w", name, Unknown(name, slices.Collect(maps.Keys(fields))))
		}
		if err := set(v.FieldByIndex(field.Index), members[name]); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// setValues writes into an object whose members have any names: values in JSON. null takes one out.
func setValues(v reflect.Value, value json.RawMessage) error {
	members, err := Read(value)
	if err != nil {
		return wrong(v, value)
	}
	after := reflect.MakeMap(v.Type())
	for _, name := range v.MapKeys() {
		after.SetMapIndex(name, v.MapIndex(name))
	}
	for name, member := range members {
		said := reflect.ValueOf(member)
		if IsNull(member) {
			said = reflect.Value{}
		}
		after.SetMapIndex(reflect.ValueOf(name), said)
	}
	v.Set(after)
	return nil
}

// setList reads texts. A null among them would become an empty one.
func setList(v reflect.Value, value json.RawMessage) error {
	var items []*string
	if json.Unmarshal(value, &items) != nil || slices.Contains(items, nil) {
		return wrong(v, value)
	}
	list := make([]string, len(items))
	for i, item := range items {
		list[i] = *item
	}
	v.Set(reflect.ValueOf(list))
	return nil
}

// Unknown says that there is no such member, and which of the names was probably meant.
func Unknown(name string, names []string) error {
	slices.Sort(names)
	if near := spelling.Nearest(name, names); near != "" {
		return fmt.Errorf("no such member; did you mean %s?", near)
	}
	return errors.New("no such member")
}

// Text reads a value for a field as people write it: JSON, or a text without quotes, or the words of a list with spaces
// between. What it makes of a wrong one, Set refuses.
func Text(t reflect.Type, text string) json.RawMessage {
	var value any = text
	switch {
	case text == "null":
		return json.RawMessage(text)
	case t == reflect.TypeFor[[]string]() && !strings.HasPrefix(text, "["):
		value = strings.Fields(text)
	case json.Valid([]byte(text)) && (t.Kind() != reflect.String || text[0] == '"'):
		return json.RawMessage(text)
	}
	quoted, err := json.Marshal(value)
	if err != nil {
		return json.RawMessage("null") // texts and lists of texts can be written
	}
	return quoted
}
