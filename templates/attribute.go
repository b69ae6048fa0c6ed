package templates

// AttributeField is a field for something that the operator defines.
type AttributeField struct {
	// Name is the attribute's; the form's field is "attribute.<name>".
	Name string
	// Label is what it is called, Hint what stands below; Hint may be zero.
	Label, Hint Text
	// Kind is how it is asked for.
	Kind AttributeKind
	// Value is what stands in the field.
	Value string
	// Choices are the values of AttributeChoice.
	Choices []string
	// Required fields are marked, ReadOnly ones cannot be changed here.
	Required, ReadOnly bool
	// Problem says what is wrong with the value; it may be zero.
	Problem Text
}

// AttributeKind is how an attribute is asked for.
type AttributeKind string

// The kinds.
const (
	AttributeLine   AttributeKind = "line"
	AttributeLines  AttributeKind = "lines"
	AttributeNumber AttributeKind = "number"
	AttributeDate   AttributeKind = "date"
	AttributeURL    AttributeKind = "url"
	AttributeYesNo  AttributeKind = "yes-no" // its values are true and false
	AttributeChoice AttributeKind = "choice"
)

// AttributeKinds lists all.
var AttributeKinds = []AttributeKind{AttributeLine, AttributeLines, AttributeNumber, AttributeDate, AttributeURL, AttributeYesNo, AttributeChoice}

// Field is the name of the form's field.
func (f AttributeField) Field() string { return "attribute." + f.Name }

// ID is the element's id.
func (f AttributeField) ID() string { return "attribute-" + f.Name }

// Has tells whether a choice is what stands in the field.
func (f AttributeField) Has(choice string) bool { return f.Value == choice }

// Wrong is the message of a value that a kind of field cannot take.
func (k AttributeKind) Wrong() Text { return Msg("attribute.wrong." + string(k)) }

// Is tells the kinds apart.
func (f AttributeField) Is(kind string) bool { return string(f.Kind) == kind }

// Described are the ids of what describes the field.
func (f AttributeField) Described() string {
	switch {
	case !f.Hint.IsZero() && !f.Problem.IsZero():
		return f.ID() + "-hint " + f.ID() + "-problem"
	case !f.Hint.IsZero():
		return f.ID() + "-hint"
	case !f.Problem.IsZero():
		return f.ID() + "-problem"
	}
	return ""
}

func firstWrong(fields []AttributeField) *AttributeField {
	for i := range fields {
		if !fields[i].Problem.IsZero() {
			return &fields[i]
		}
	}
	return nil
}

// Details asks somebody on the way to an app for what the operator wants everybody to have said: form#details with a field for
// each.
type Details struct {
	Base
	Action     string
	Request    string
	Client     *Client
	Person     *Account
	Attributes []AttributeField
}

// Template implements Page.
func (Details) Template() string { return "details" }

// Wrong is the first attribute with a problem, or nil.
func (p Details) Wrong() *AttributeField { return firstWrong(p.Attributes) }
