package handlers

import (
	"errors"
	"net/http"
	"strings"

	"signet/provider/account"
	"signet/templates"
)

// profileField is something that people may say of themselves (OIDC Core §5.1).
type profileField struct {
	// name is the claim's, or the address's member's.
	name string
	// kind is what it must be: the message self.profile.wrong.<kind> says so.
	kind string
	// complete is the field's autocomplete value in HTML.
	complete string
	of       func(*account.Person) *string
}

// profileGroups are the fields as the page shows them. Username, e-mail address and groups are not among them.
var profileGroups = []struct {
	name   string
	fields []profileField
}{
	{"names", []profileField{
		{"name", "line", "name", func(p *account.Person) *string { return &p.Name }},
		{"given_name", "line", "given-name", func(p *account.Person) *string { return &p.GivenName }},
		{"middle_name", "line", "additional-name", func(p *account.Person) *string { return &p.MiddleName }},
		{"family_name", "line", "family-name", func(p *account.Person) *string { return &p.FamilyName }},
		{"nickname", "line", "nickname", func(p *account.Person) *string { return &p.Nickname }},
	}},
	{"about", []profileField{
		{"picture", "url", "photo", func(p *account.Person) *string { return &p.Picture }},
		{"website", "url", "url", func(p *account.Person) *string { return &p.Website }},
		{"gender", "line", "sex", func(p *account.Person) *string { return &p.Gender }},
		{"birthdate", "birthdate", "bday", func(p *account.Person) *string { return &p.Birthdate }},
		{"locale", "locale", "language", func(p *account.Person) *string { return &p.Locale }},
		{"zoneinfo", "zone", "off", func(p *account.Person) *string { return &p.Zoneinfo }},
	}},
	{"contact", []profileField{
		{"phone_number", "phone", "tel", func(p *account.Person) *string { return &p.PhoneNumber }},
		{"street_address", "text", "street-address", func(p *account.Person) *string { return &p.Address.StreetAddress }},
		{"postal_code", "line", "postal-code", func(p *account.Person) *string { return &p.Address.PostalCode }},
		{"locality", "line", "address-level2", func(p *account.Person) *string { return &p.Address.Locality }},
		{"region", "line", "address-level1", func(p *account.Person) *string { return &p.Address.Region }},
		{"country", "line", "country-name", func(p *account.Person) *string { return &p.Address.Country }},
	}},
}

// profile shows what is known of the person.
func (h *Handlers) profile(w http.ResponseWriter, r *http.Request) error {
	v, err := h.visitor(r)
	if err != nil {
		return err
	}
	return h.showProfile(w, r, http.StatusOK, v.person, "")
}

// showProfile shows the page; wrong names the field that cannot be what it says.
func (h *Handlers) showProfile(w http.ResponseWriter, r *http.Request, status int, person *account.Person, wrong string) error {
	self, _, err := h.self(w, r, profilePath, profilePath)
	if err != nil {
		return err
	}
	page := templates.Profile{
		Self: self, Action: profilePath, Username: person.Username, Email: person.Email, EmailVerified: person.EmailVerified,
		Declared: person.Declared,
	}
	if page.Groups, err = h.accounts.GroupsOf(r.Context(), person); err != nil {
		return err
	}
	if h.accounts.HasPost() && !person.Declared {
		page.ChangeEmail = emailPath
	}
	if h.accounts.HasPasskeys() {
		factors, err := h.accounts.Factors(r.Context(), person.Subject)
		if err != nil {
			return err
		}
		if page.Known, err = h.accounts.PasskeysKnown(person, factors); err != nil {
			return err
		}
	}
	said := *person
	if said.Address == nil {
		said.Address = &account.Address{}
	}
	for _, g := range profileGroups {
		group := templates.ProfileGroup{Name: g.name}
		for _, f := range g.fields {
			field := templates.ProfileField{Name: f.name, Value: *f.of(&said), Complete: f.complete, Long: f.kind == "text"}
			if f.name == wrong {
				field.Problem = templates.Msg("self.profile.wrong." + f.kind)
			}
			group.Fields = append(group.Fields, field)
		}
		page.Fields = append(page.Fields, group)
	}
	for _, f := range attributeFields(h.accounts.Attributes().All(), r, person, false) {
		if !f.ReadOnly || f.Value != "" {
			page.Attributes = append(page.Attributes, f)
		}
	}
	return h.Render(w, r, status, page)
}

// profilePosted takes what the person says of themselves. A field that is not in the form stays as it is.
func (h *Handlers) profilePosted(w http.ResponseWriter, r *http.Request) error {
	v, err := h.visitor(r)
	if err != nil {
		return err
	}
	said := func(p *account.Person) error {
		sayProfile(p, r)
		h.accounts.SayAttributes(p, saidAttributes(h.accounts.Attributes().All(), r))
		return nil
	}
	_, err = h.accounts.EditPerson(r.Context(), v.person.Subject, said)
	var invalid *account.InvalidError
	if errors.As(err, &invalid) && errors.Is(err, account.ErrInvalidProfile) {
		attempt := *v.person
		if attempt.Address != nil {
			address := *attempt.Address
			attempt.Address = &address
		}
		sayProfile(&attempt, r)
		return h.showProfile(w, r, http.StatusBadRequest, &attempt, invalid.Field)
	}
	if err != nil {
		return accountError(err)
	}
	h.wasDone(w, v, profilePath, "profile")
	return nil
}

// sayProfile writes what a form says into a person. An address that is written as on a letter goes when its parts change: it would
// say something else than they do.
func sayProfile(p *account.Person, r *http.Request) {
	if p.Address == nil {
		p.Address = &account.Address{}
	}
	before := *p.Address
	for _, g := range profileGroups {
		for _, f := range g.fields {
			if r.PostForm.Has(f.name) {
				*f.of(p) = strings.TrimSpace(strings.ReplaceAll(r.PostForm.Get(f.name), "\r\n", "\n"))
			}
		}
	}
	if *p.Address != before {
		p.Address.Formatted = ""
	}
}
