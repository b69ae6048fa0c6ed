package keys

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"unicode/utf8"
)

// MaxDepth is how deep objects and arrays may stand in each other.
const MaxDepth = 32

// ErrJSON says that a text is not the JSON that was asked for.
var ErrJSON = errors.New("keys: json")

// DecodeJSON reads one JSON value into what v points to, more strictly than encoding/json: the text must pass CheckJSON, and
// a struct's field takes the member of exactly its name, never one of another case ("Sub" is not "sub"). Other members are
// ignored; numbers that go into an any become json.Number, so none is too large or loses digits. The tag option "string" and
// arrays of structs are not supported.
func DecodeJSON(data []byte, v any) error {
	if err := CheckJSON(data); err != nil {
		return err
	}
	target := reflect.ValueOf(v)
	if target.Kind() != reflect.Pointer || target.IsNil() {
		return fmt.Errorf("%w: want a pointer, got %T", ErrJSON, v)
	}
	if err := assign(bytes.TrimSpace(data), target.Elem()); err != nil {
		return fmt.Errorf("%w: %w", ErrJSON, err)
	}
	return nil
}

// CheckJSON returns an ErrJSON unless data is one JSON value (RFC 8259) in valid UTF-8, at most MaxDepth deep, in which no
// object has two members of one name. What parsers make of two differs, and so would what was checked and what is used.
func CheckJSON(data []byte) error {
	if !utf8.Valid(data) || !json.Valid(data) {
		return fmt.Errorf("%w: not valid", ErrJSON)
	}
	return checkMembers(data)
}

// checkMembers relies on data being valid: brackets match, and a string before a colon is a member's name.
func checkMembers(data []byte) error {
	open := make([]map[string]bool, 0, 4)
	for i := 0; i < len(data); i++ {
		switch data[i] {
		case '{', '[':
			if len(open) == MaxDepth {
				return fmt.Errorf("%w: deeper than %d", ErrJSON, MaxDepth)
			}
			open = append(open, nil)
		case '}', ']':
			open = open[:len(open)-1]
		case '"':
			end := stringEnd(data, i)
			if isName(data[end:]) && !enter(&open[len(open)-1], data[i:end]) {
				return fmt.Errorf("%w: member %.40s stands there twice", ErrJSON, data[i:end])
			}
			i = end - 1
		}
	}
	return nil
}

// enter adds a quoted name to an object's names and tells whether it is new.
func enter(names *map[string]bool, quoted []byte) bool {
	name := string(quoted[1 : len(quoted)-1])
	if strings.Contains(name, `\`) {
		if json.Unmarshal(quoted, &name) != nil {
			return false
		}
	}
	if (*names)[name] {
		return false
	}
	if *names == nil {
		*names = make(map[string]bool, 8)
	}
	(*names)[name] = true
	return true
}

// stringEnd is the index after the string that begins at start.
func stringEnd(data []byte, start int) int {
	for i := start + 1; ; i++ {
		switch data[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
}

func isName(after []byte) bool {
	after = bytes.TrimLeft(after, " \t\r\n")
	return len(after) > 0 && after[0] == ':'
}

// assign puts a checked value into v. It walks structs, slices and maps itself, because the standard decoder, left alone with
// a struct, takes members of another case.
func assign(raw json.RawMessage, v reflect.Value) error {
	if decodesItself(v) {
		return leaf(raw, v)
	}
	switch {
	case v.Kind() == reflect.Pointer && string(raw) != "null":
		v.Set(reflect.New(v.Type().Elem()))
		return assign(raw, v.Elem())
	case v.Kind() == reflect.Struct:
		var members map[string]json.RawMessage
		if err := json.Unmarshal(raw, &members); err != nil {
			return err
		}
		return assignFields(members, v)
	case v.Kind() == reflect.Slice && v.Type().Elem().Kind() != reflect.Uint8:
		return assignSlice(raw, v)
	case v.Kind() == reflect.Map && v.Type().Key().Kind() == reflect.String:
		return assignMap(raw, v)
	}
	return leaf(raw, v)
}

func decodesItself(v reflect.Value) bool {
	if !v.CanAddr() {
		return false
	}
	switch v.Addr().Interface().(type) {
	case json.Unmarshaler, interface{ UnmarshalText([]byte) error }:
		return true
	}
	return false
}

// leaf leaves a value to the standard decoder. Only an any can hold a number whose type is to be chosen.
func leaf(raw json.RawMessage, v reflect.Value) error {
	if v.Kind() != reflect.Interface {
		return json.Unmarshal(raw, v.Addr().Interface())
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	return d.Decode(v.Addr().Interface())
}

func assignFields(members map[string]json.RawMessage, v reflect.Value) error {
	for i := range v.NumField() {
		field := v.Type().Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if field.Anonymous && name == "" && field.Type.Kind() == reflect.Struct {
			if err := assignFields(members, v.Field(i)); err != nil {
				return err
			}
			continue
		}
		if name == "" {
			name = field.Name
		}
		raw, ok := members[name]
		if !ok || name == "-" || !field.IsExported() {
			continue
		}
		if err := assign(raw, v.Field(i)); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func assignSlice(raw json.RawMessage, v reflect.Value) error {
	var items []json.RawMessage
	if err := json.Unmarshal(raw, &items); err != nil || items == nil {
		return err
	}
	v.Set(reflect.MakeSlice(v.Type(), len(items), len(items)))
	for i, item := range items {
		if err := assign(item, v.Index(i)); err != nil {
			return err
		}
	}
	return nil
}

func assignMap(raw json.RawMessage, v reflect.Value) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil || members == nil {
		return err
	}
	v.Set(reflect.MakeMapWithSize(v.Type(), len(members)))
	for name, member := range members {
		value := reflect.New(v.Type().Elem()).Elem()
		if err := assign(member, value); err != nil {
			return fmt.Errorf("%.40q: %w", name, err)
		}
		v.SetMapIndex(reflect.ValueOf(name).Convert(v.Type().Key()), value)
	}
	return nil
}
