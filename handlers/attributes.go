package handlers

import (
	"net/http"

	"signet/provider/account"
	"signet/provider/account/attribute"
	"signet/templates"
)

// attributeKinds is how each type is asked for.
var attributeKinds = map[attribute.Type]templates.AttributeKind{
	attribute.String: templates.AttributeLine, attribute.Text: templates.AttributeLines, attribute.List: templates.AttributeLines, attribute.Number: templates.AttributeNumber,
	attribute.Date: templates.AttributeDate, attribute.URL: templates.AttributeURL, attribute.Boolean: templates.AttributeYesNo, attribute.Enum: templates.AttributeChoice,
}

// attributeFields are the fields of attributes with what a person has said, or has just typed. needed tells that a page asks for
// them all. person is nil for who has no account yet.
func attributeFields(list []*attribute.Attribute, r *http.Request, person *account.Person, needed bool) []templates.AttributeField {
	var now attribute.Values
	if person != nil {
		now = person.Attributes
	}
	var fields []templates.AttributeField
	for _, a := range list {
		f := templates.AttributeField{
			Name: a.Name, Label: templates.Words(a.Label), Hint: templates.Words(a.Hint), Kind: attributeKinds[a.Type], Value: a.Text(now), Choices: a.Choices,
			Required: needed, ReadOnly: !a.MaySay(now) || person != nil && person.Declared,
		}
		if f.Label.IsZero() {
			f.Label = templates.Literal(a.Name)
		}
		if typed := r.PostForm; typed.Has(f.Field()) && !f.ReadOnly {
			f.Value = typed.Get(f.Field())
			f.Problem = attributeProblem(a, f)
		}
		fields = append(fields, f)
	}
	return fields
}

// attributeProblem is what is wrong with what was typed, or nothing.
func attributeProblem(a *attribute.Attribute, f templates.AttributeField) templates.Text {
	said, err := a.Said(f.Value)
	switch {
	case err != nil:
		return f.Kind.Wrong()
	case !said && f.Required:
		return templates.Msg("attribute.wrong.missing")
	}
	return templates.Text{}
}

// allSaid tells whether every field was in the form, and can be taken.
func allSaid(fields []templates.AttributeField, r *http.Request) bool {
	for _, f := range fields {
		if !r.PostForm.Has(f.Field()) || !f.Problem.IsZero() {
			return false
		}
	}
	return true
}

// saidAttributes are the texts in a form, by the attributes' names.
func saidAttributes(list []*attribute.Attribute, r *http.Request) map[string]string {
	said := map[string]string{}
	for _, a := range list {
		if f := (templates.AttributeField{Name: a.Name}); r.PostForm.Has(f.Field()) {
			said[a.Name] = r.PostForm.Get(f.Field())
		}
	}
	return said
}
