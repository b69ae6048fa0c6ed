package patch

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// shapeOf says in words what a member of a type may be.
func shapeOf(t reflect.Type) string {
	switch {
	case t == reflect.TypeFor[json.RawMessage]():
		return "an object"
	case t.Kind() == reflect.Pointer:
		return shapeOf(t.Elem())
	case t.Kind() == reflect.String:
		return "a text"
	case t.Kind() == reflect.Bool:
		return "true or false"
	case t.Kind() == reflect.Int64:
		return "a whole number"
	case t.Kind() == reflect.Slice:
		return "a list of texts"
	case t.Kind() == reflect.Map:
		return "an object"
	}
	return "an object of " + strings.Join(slices.Sorted(maps.Keys(Fields(t))), ", ")
}

// shapeIn says in words what a JSON value is.
func shapeIn(value json.RawMessage) string {
	switch value[0] {
	case '"':
		return "a text"
	case '{':
		return "an object"
	case '[':
		return "a list"
	case 't', 'f':
		return string(value)
	}
	return "a number"
}
