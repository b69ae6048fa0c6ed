package provider

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"signet/provider/patch"
)

// Patch changes a client by a JSON object of its members. Members that are left out stay; null puts one back to what it is
// when nobody says it. All is refused with ErrClientInvalid if one member is unknown, of the wrong type or not for this setter;
// then the client is as it was. The result is not checked: AddClient and EditClient do that.
func (c *Client) Patch(document []byte, by Setter) error {
	members, err := patch.Read(document)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrClientInvalid, err)
	}
	after, reset := *c, false
	for _, name := range slices.Sorted(maps.Keys(members)) {
		if err := after.set(name, members[name], by); err != nil {
			return fmt.Errorf("%w: %s: %w", ErrClientInvalid, name, err)
		}
		reset = reset || patch.IsNull(members[name])
	}
	if reset {
		after.fillDefaults()
	}
	*c = after
	return nil
}

// set writes one member.
func (c *Client) set(name string, value json.RawMessage, by Setter) error {
	if err := settable(name, by); err != nil {
		return err
	}
	return patch.Set(c, clientFields[name], value)
}

// settable tells why a member cannot be set, or that it can.
func settable(name string, by Setter) error {
	i := slices.IndexFunc(clientMembers, func(row ClientMember) bool { return row.Name == name })
	switch {
	case i < 0:
		var names []string
		for _, row := range ClientMembers(by) {
			names = append(names, row.Name)
		}
		return patch.Unknown(name, names)
	case by.may(clientMembers[i]):
		return nil
	case clientMembers[i].By == SetByServer:
		return errors.New("only the server sets it")
	}
	return errors.New("only the operator sets it")
}

// Check judges a client as AddClient would, and fills in what it would, but writes nothing. Its error is an ErrClientInvalid.
func (c *Client) Check() error {
	c.fillDefaults()
	return c.check()
}

// ClientMemberText reads a member's value as people write it; see patch.Text. That of an unknown member is a text.
func ClientMemberText(name, text string) json.RawMessage {
	if field, known := clientFields[name]; known {
		return patch.Text(field.Type, text)
	}
	return patch.Text(reflect.TypeFor[string](), text)
}
