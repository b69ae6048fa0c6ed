// Package attribute knows the attributes of people that an operator defines beside the standard claims: what they are called,
// what their values may be, who may say them, and where they are told. It keeps nothing.
package attribute

import (
	"regexp"
	"slices"
)

// Type is what kind of values an attribute has.
type Type string

// The types.
const (
	// String is one line, Text are several.
	String Type = "string"
	Text   Type = "text"
	Number Type = "number"
	// Boolean is true or false.
	Boolean Type = "boolean"
	// Date is a day, YYYY-MM-DD.
	Date Type = "date"
	// URL is an http or https URL.
	URL Type = "url"
	// Enum is one of the attribute's choices.
	Enum Type = "enum"
	// List are lines.
	List Type = "list"
)

// Types lists all.
var Types = []Type{String, Text, Number, Boolean, Date, URL, Enum, List}

// Editor is who may say what an attribute is.
type Editor string

// The editors. The operator may say everything, except another value of what is said once.
const (
	ByPerson   Editor = "person"
	ByOperator Editor = "operator"
	// Once is whoever comes first, person or operator; then nobody.
	Once Editor = "once"
)

// Editors lists all.
var Editors = []Editor{ByPerson, ByOperator, Once}

// Place is where clients are told claims.
type Place string

// The places.
const (
	InIDToken  Place = "id_token"
	InUserInfo Place = "userinfo"
)

// Places lists all.
var Places = []Place{InIDToken, InUserInfo}

// Definition is an attribute as an operator defines it.
type Definition struct {
	// Name is a small letter, then small letters, digits and underscores: at most 64.
	Name string
	// Label is what people see, Hint what stands below the field; both may be empty.
	Label, Hint Words
	Type        Type
	// Choices are the values of an Enum.
	Choices []string
	// Pattern is a regular expression (RE2) that a whole String, Text or URL, or each line of a List, has to match.
	Pattern string
	// Min and Max bound a Number or a Date, the characters of a String or Text, the lines of a List; either may be empty.
	Min, Max string
	// Edit is who may say it; empty means the operator.
	Edit Editor
	// Required asks for it at sign-up, Ask at the next sign-in of whoever has not said it.
	Required, Ask bool
	// Scope releases it as Claim, at the places In; without a scope nobody is told. An empty Claim is the name, an empty In are all.
	Scope, Claim string
	In           []Place
}

// Attribute is a definition that is in order. It is never changed.
type Attribute struct {
	Definition
	pattern  *regexp.Regexp
	min, max *bound
}

// ToldIn tells whether clients may be told of it at a place.
func (a *Attribute) ToldIn(place Place) bool { return slices.Contains(a.In, place) }

// MaySay tells whether a person may say what it is, who has said what now holds.
func (a *Attribute) MaySay(now Values) bool {
	switch a.Edit {
	case ByPerson:
		return true
	case Once:
		_, said := a.Value(now)
		return !said
	}
	return false
}

// Set are the attributes of a server, in the order in which pages show them. The nil set is empty.
type Set struct {
	all    []*Attribute
	byName map[string]*Attribute
}

// All returns the attributes. The slice is shared: do not write to it.
func (s *Set) All() []*Attribute {
	if s == nil {
		return nil
	}
	return s.all
}

// Find returns the attribute of a name, or nil.
func (s *Set) Find(name string) *Attribute {
	if s == nil {
		return nil
	}
	return s.byName[name]
}

// Required are those that a new person is asked for.
func (s *Set) Required() []*Attribute {
	return s.those(func(a *Attribute) bool { return a.Required })
}

// Missing are those that are asked for at the next sign-in of a person who has said what now holds.
func (s *Set) Missing(now Values) []*Attribute {
	return s.those(func(a *Attribute) bool {
		if !a.Ask {
			return false
		}
		_, said := a.Value(now)
		return !said
	})
}

func (s *Set) those(wanted func(*Attribute) bool) (found []*Attribute) {
	for _, a := range s.All() {
		if wanted(a) {
			found = append(found, a)
		}
	}
	return found
}
