package templates

// Profile is what is known of a person: form#profile with a field for each of what they may say themselves.
type Profile struct {
	Self
	Action string
	// Username, Email and Groups are shown, and not changed here. Any may be empty.
	Username, Email string
	EmailVerified   bool
	// ChangeEmail is the local path where the address is confirmed or changed; it may be empty.
	ChangeEmail string
	Groups      []string
	Fields      []ProfileGroup
	// Attributes are what the operator defines.
	Attributes []AttributeField
	// Declared tells that an operator's file has the account, which alone can change it.
	Declared bool
}

// ProfileGroup is a part of the form. Its heading is the message self.profile.<name>.
type ProfileGroup struct {
	Name   string
	Fields []ProfileField
}

// ProfileField is a field of the form. Its label is the message self.profile.field.<name>.
type ProfileField struct {
	Name, Value string
	// Complete is the value of the attribute autocomplete.
	Complete string
	// Long is a field of several lines.
	Long bool
	// Problem says what is wrong with the value; it may be zero.
	Problem Text
}

// Template implements Page.
func (Profile) Template() string { return "account-profile" }

// Wrong is the first field with a problem, or nil.
func (p Profile) Wrong() *ProfileField {
	for _, g := range p.Fields {
		for i := range g.Fields {
			if !g.Fields[i].Problem.IsZero() {
				return &g.Fields[i]
			}
		}
	}
	return nil
}

// WrongAttribute is the first attribute with a problem, or nil.
func (p Profile) WrongAttribute() *AttributeField { return firstWrong(p.Attributes) }

// Failed tells whether something could not be taken.
func (p Profile) Failed() bool { return p.Wrong() != nil || p.WrongAttribute() != nil }

// Heading is what the part is about.
func (g ProfileGroup) Heading() Text { return Msg("self.profile." + g.Name) }

// Label is what the field is called.
func (f ProfileField) Label() Text { return Msg("self.profile.field." + f.Name) }
