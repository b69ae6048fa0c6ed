package account

import (
	"errors"
	"maps"
	"slices"

	"signet/provider/account/attribute"
)

// settleAttributes lets the attributes judge what a person's become. The configuration, which declares people, may say anew what
// others say once.
func (a *Accounts) settleAttributes(before, after *Person) (err error) {
	var held attribute.Values
	if before != nil {
		held = before.Attributes
	}
	after.Attributes, err = a.attributes.Settle(held, after.Attributes, !after.Declared)
	var wrong *attribute.ValueError
	if errors.As(err, &wrong) {
		return invalid(ErrInvalidProfile, attributeField(wrong.Name), wrong.Got, wrong.Allowed)
	}
	return err
}

// attributeField is what an attribute is called among the fields of a person.
func attributeField(name string) string { return "attributes." + name }

// SayAttributes writes into a person what they say of themselves: texts by the attributes' names. What they may not say is left
// out. For Edit, which judges it.
func (a *Accounts) SayAttributes(p *Person, said map[string]string) {
	p.Attributes = a.attributes.Say(p.Attributes, said)
}

// ownAttributes are those of some values that a new person may say themselves.
func (a *Accounts) ownAttributes(said attribute.Values) attribute.Values {
	own := attribute.Values{}
	for name, value := range said {
		if d := a.attributes.Find(name); d != nil && d.MaySay(nil) {
			own[name] = value
		}
	}
	return own
}

// changedAttributes are the fields of the attributes that differ, sorted.
func changedAttributes(before, after *Person) []string {
	var names []string
	for name := range maps.Keys(before.Attributes) {
		if string(before.Attributes[name]) != string(after.Attributes[name]) {
			names = append(names, attributeField(name))
		}
	}
	for name := range maps.Keys(after.Attributes) {
		if _, had := before.Attributes[name]; !had {
			names = append(names, attributeField(name))
		}
	}
	slices.Sort(names)
	return names
}
