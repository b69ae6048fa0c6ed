package account

import (
	"regexp"
	"slices"
	"strings"

	"golang.org/x/text/language"

	"signet/provider/account/attribute"
)

// Profile are the standard claims of a person (OIDC Core §5.1) beside those that Person has itself: preferred_username is
// its Username, updated_at its Updated.
type Profile struct {
	Name          string   `json:"name,omitempty"`
	GivenName     string   `json:"given_name,omitempty"`
	FamilyName    string   `json:"family_name,omitempty"`
	MiddleName    string   `json:"middle_name,omitempty"`
	Nickname      string   `json:"nickname,omitempty"`
	ProfilePage   string   `json:"profile,omitempty"`
	Picture       string   `json:"picture,omitempty"`
	Website       string   `json:"website,omitempty"`
	Gender        string   `json:"gender,omitempty"`
	Birthdate     string   `json:"birthdate,omitempty"`
	Zoneinfo      string   `json:"zoneinfo,omitempty"`
	Locale        string   `json:"locale,omitempty"`
	PhoneNumber   string   `json:"phone_number,omitempty"`
	PhoneVerified bool     `json:"phone_number_verified,omitempty"`
	Address       *Address `json:"address,omitempty"`
}

// Address is the address claim (OIDC Core §5.1.1).
type Address struct {
	Formatted     string `json:"formatted,omitempty"`
	StreetAddress string `json:"street_address,omitempty"`
	Locality      string `json:"locality,omitempty"`
	Region        string `json:"region,omitempty"`
	PostalCode    string `json:"postal_code,omitempty"`
	Country       string `json:"country,omitempty"`
}

const (
	maxLine = 256
	maxText = 1024
)

var (
	// birthdate is ISO 8601; the year may be 0000 if it is kept private, the day and month may be left out (OIDC Core §5.1).
	birthdate = regexp.MustCompile(`^\d{4}(-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01]))?$`)
	zoneinfo  = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*$`)
	phone     = regexp.MustCompile(`^\+?[0-9][0-9 ().-]{1,30}(;ext=[0-9]{1,10})?$`)
)

// rule is what a value of a profile must be.
type rule struct {
	good    func(string) bool
	allowed string
}

var (
	isLine      = rule{oneLine, "one line of at most 256 characters"}
	isText      = rule{someLines, "text of at most 1024 characters"}
	isURL       = rule{attribute.WebURL, "an http or https URL of at most 2048 bytes"}
	isBirthdate = rule{birthdate.MatchString, "YYYY-MM-DD, 0000-MM-DD or YYYY"}
	isZone      = rule{zoneinfo.MatchString, "a time zone such as Europe/Paris"}
	isLocale    = rule{locale, "a language tag such as fr-CA"}
	isPhone     = rule{phone.MatchString, "a phone number such as +1 604 555 1234"}
)

type profileField struct {
	name  string
	value *string
	rule  rule
}

func (p *Profile) fields() []profileField {
	fields := []profileField{
		{"name", &p.Name, isLine}, {"given_name", &p.GivenName, isLine}, {"family_name", &p.FamilyName, isLine},
		{"middle_name", &p.MiddleName, isLine}, {"nickname", &p.Nickname, isLine}, {"profile", &p.ProfilePage, isURL},
		{"picture", &p.Picture, isURL}, {"website", &p.Website, isURL}, {"gender", &p.Gender, isLine},
		{"birthdate", &p.Birthdate, isBirthdate}, {"zoneinfo", &p.Zoneinfo, isZone}, {"locale", &p.Locale, isLocale},
		{"phone_number", &p.PhoneNumber, isPhone},
	}
	if a := p.Address; a != nil {
		fields = append(fields,
			profileField{"formatted", &a.Formatted, isText}, profileField{"street_address", &a.StreetAddress, isText},
			profileField{"locality", &a.Locality, isLine}, profileField{"region", &a.Region, isLine},
			profileField{"postal_code", &a.PostalCode, isLine}, profileField{"country", &a.Country, isLine})
	}
	return fields
}

// settle cuts outer spaces and refuses values that are not what the claim is for. URLs become links on pages: only web
// addresses do.
func (p *Profile) settle() error {
	if p.Address != nil && *p.Address == (Address{}) {
		p.Address = nil
	}
	for _, f := range p.fields() {
		*f.value = strings.TrimSpace(*f.value)
		if *f.value != "" && !f.rule.good(*f.value) {
			return invalid(ErrInvalidProfile, f.name, *f.value, f.rule.allowed)
		}
	}
	p.PhoneVerified = p.PhoneVerified && p.PhoneNumber != ""
	return nil
}

func oneLine(s string) bool { return attribute.Line(s, maxLine) }

func someLines(s string) bool { return attribute.Printable(s, maxText) }

func locale(s string) bool {
	_, err := language.Parse(s)
	return err == nil && len(s) <= maxLine
}

// Take sets a claim of the profile, by its name in JSON, if there is such a one and the value is good for it. It tells whether it did.
// Address and phone number are not among them.
func (p *Profile) Take(name, value string) bool {
	value = strings.TrimSpace(value)
	for _, f := range p.fields() {
		if f.name == name && name != "phone_number" && p.owns(f) && f.rule.good(value) {
			*f.value = value
			return true
		}
	}
	return false
}

// Text is a claim of the profile by its name in JSON; empty for one that Take does not set.
func (p *Profile) Text(name string) string {
	for _, f := range p.fields() {
		if f.name == name && p.owns(f) {
			return *f.value
		}
	}
	return ""
}

// owns tells a field of the profile from one of the address.
func (p *Profile) owns(f profileField) bool {
	a := p.Address
	return a == nil || !slices.Contains([]*string{&a.Formatted, &a.StreetAddress, &a.Locality, &a.Region, &a.PostalCode, &a.Country}, f.value)
}
