package provider

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"signet/keys"
	"signet/provider/spelling"
)

// Patch changes a client by a JSON object of its members. Members that are left out stay; null puts one back to what it is
// when nobody says it. All is refused with ErrClientInvalid if one member is unknown, of the wrong type or not for this setter;
// then the client is as it was. The result is not checked: AddClient and EditClient do that.
func (c *Client) Patch(document []byte, by Setter) error {
	if err := keys.CheckJSON(document); err != nil {
		return fmt.Errorf("%w: %w", ErrClientInvalid, err)
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(document, &members); err != nil || members == nil {
		return fmt.Errorf("%w: want an object of members", ErrClientInvalid)
	}
	after, reset := *c, false
	for _, name := range slices.Sorted(maps.Keys(members)) {
		if err := after.set(name, members[name], by); err != nil {
			return fmt.Errorf("%w: %s: %w", ErrClientInvalid, name, err)
		}
		reset = reset || isNull(members[name])
	}
	if reset {
		after.fillDefaults()
	}
	*c = after
	return nil
}

func isNull(value json.RawMessage) bool { return string(value) == "null" }

// set writes one member, into memory of its own: records are shared.
func (c *Client) set(name string, value json.RawMessage, by Setter) error {
	if err := settable(name, by); err != nil {
		return err
	}
	field := clientFields[name]
	fresh := reflect.New(field.Type)
	if !isNull(value) {
		if err := decodeMember(value, fresh.Interface()); err != nil {
			return fmt.Errorf("got %s, allowed %s", shapeIn(value), shapeOf(field.Type)) // never the value: it may be a key
		}
	}
	reflect.ValueOf(c).Elem().FieldByIndex(field.Index).Set(fresh.Elem())
	return nil
}

// settable tells why a member cannot be set, or that it can.
func settable(name string, by Setter) error {
	i := slices.IndexFunc(clientMembers, func(row ClientMember) bool { return row.Name == name })
	switch {
	case i < 0:
		return fmt.Errorf("no such member%s", meant(name, by))
	case by.may(clientMembers[i]):
		return nil
	case clientMembers[i].By == SetByServer:
		return fmt.Errorf("only the server sets it")
	}
	return fmt.Errorf("only the operator sets it")
}

// meant names the member that was probably meant.
func meant(name string, by Setter) string {
	var names []string
	for _, row := range ClientMembers(by) {
		names = append(names, row.Name)
	}
	if near := spelling.Nearest(name, names); near != "" {
		return "; did you mean " + near + "?"
	}
	return ""
}

// decodeMember refuses unknown members of an object, and null in a list, which would become an empty text.
func decodeMember(value json.RawMessage, into any) error {
	if list, ok := into.(*[]string); ok {
		return decodeList(value, list)
	}
	if raw, ok := into.(*json.RawMessage); ok {
		var object map[string]any
		*raw = slices.Clone(value)
		return json.Unmarshal(value, &object)
	}
	d := json.NewDecoder(bytes.NewReader(value))
	d.DisallowUnknownFields()
	return d.Decode(into)
}

func decodeList(value json.RawMessage, into *[]string) error {
	var items []*string
	if err := json.Unmarshal(value, &items); err != nil {
		return err
	}
	list := make([]string, len(items))
	for i, item := range items {
		if item == nil {
			return fmt.Errorf("null in a list")
		}
		list[i] = *item
	}
	*into = list
	return nil
}

// Check judges a client as AddClient would, and fills in what it would, but writes nothing. Its error is an ErrClientInvalid.
func (c *Client) Check() error {
	c.fillDefaults()
	return c.check()
}

// ClientMemberText reads a member's value as people write it: JSON, or a text without quotes, or the words of a list with
// spaces between. What it makes of a wrong one, Patch refuses.
func ClientMemberText(name, text string) json.RawMessage {
	field, known := clientFields[name]
	var value any = text
	switch {
	case text == "null":
		return json.RawMessage(text)
	case known && field.Type == reflect.TypeFor[[]string]() && !strings.HasPrefix(text, "["):
		value = strings.Fields(text)
	case json.Valid([]byte(text)) && (!known || field.Type.Kind() != reflect.String || text[0] == '"'):
		return json.RawMessage(text)
	}
	quoted, err := json.Marshal(value)
	if err != nil {
		return json.RawMessage("null") // texts and lists of texts can be written
	}
	return quoted
}

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
	}
	return "an object of " + strings.Join(slices.Sorted(maps.Keys(fieldsByMember(t))), ", ")
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
