package dev

import (
	"context"
	"errors"
	"strings"
	"time"

	"signet/provider/account"
	"signet/provider/account/attribute"
	"signet/templates"
)

// Password is that of everybody who was given none.
const Password = "dev"

// Person is someone to be added: the standard claims (OIDC Core §5.1) by their names, and what a provider knows beside.
type Person struct {
	Username      string `json:"username"`
	Email         string `json:"email"`
	EmailVerified bool   `json:"email_verified"`
	account.Profile
	// Groups are made if they are not there.
	Groups []string `json:"groups"`
	// Attributes are those of the configuration.
	Attributes attribute.Values `json:"attributes"`
	Disabled   bool             `json:"disabled"`
	// Password may be of any length; empty means Password.
	Password string `json:"password"`
}

// builtIn are the people of a server without a seed: one for each case that an application has to handle.
func builtIn() []Person {
	return []Person{
		{Username: "ada", Email: "ada@example.test", EmailVerified: true, Groups: []string{"admins", "staff"}, Profile: profile("Ada", "King", "Lovelace", "ada", "female", "1815-12-10", "Europe/London", "en-GB", "+44 20 7946 0815", london())},
		{Username: "grace", Email: "grace@example.test", EmailVerified: true, Groups: []string{"staff"}, Profile: profile("Grace", "Brewster", "Hopper", "grace", "female", "1906-12-09", "America/New_York", "en-US", "+1 202 555 0106", arlington())},
		{Username: "linus", Email: "linus@example.test", Profile: profile("Linus", "Carl", "Pauling", "linus", "male", "1901-02-28", "America/Los_Angeles", "en-US", "+1 503 555 0101", portland())},
		{Username: "mary", Email: "mary@example.test", EmailVerified: true, Disabled: true, Profile: profile("Mary", "Fairfax", "Somerville", "mary", "female", "1780-12-26", "Europe/Rome", "it-IT", "+39 055 555 0180", florence())},
	}
}

func profile(given, middle, family, nickname, gender, born, zone, locale, phone string, address account.Address) account.Profile {
	return account.Profile{
		Name: given + " " + family, GivenName: given, MiddleName: middle, FamilyName: family, Nickname: nickname, Gender: gender, Birthdate: born,
		ProfilePage: "https://example.test/people/" + nickname, Picture: "https://example.test/people/" + nickname + ".png",
		Website: "https://" + nickname + ".example.test/", Zoneinfo: zone, Locale: locale, PhoneNumber: phone, PhoneVerified: true,
		Address: &address,
	}
}

func london() account.Address {
	return place("12 St James's Square", "London", "", "SW1Y 4JH", "United Kingdom")
}

func arlington() account.Address {
	return place("1 Harbor Way", "Arlington", "VA", "22202", "United States")
}

func portland() account.Address {
	return place("3945 Hawthorne Boulevard", "Portland", "OR", "97214", "United States")
}

func florence() account.Address { return place("Via Ghibellina 7", "Firenze", "FI", "50122", "Italia") }

func place(street, locality, region, code, country string) account.Address {
	return account.Address{
		Formatted:     street + "\n" + strings.TrimSpace(locality+" "+region) + " " + code + "\n" + country,
		StreetAddress: street, Locality: locality, Region: region, PostalCode: code, Country: country,
	}
}

// addMissing adds someone with their groups, unless the user name or the address is there already.
func addMissing(ctx context.Context, a *account.Accounts, p Person) error {
	for _, name := range []string{p.Username, p.Email} {
		if name == "" {
			continue
		}
		if _, err := a.FindPerson(ctx, name); !errors.Is(err, account.ErrUnknownPerson) {
			return err
		}
	}
	_, err := newPerson(ctx, a, p)
	return err
}

// newPerson adds someone with their groups. It returns what account.AddPerson does.
func newPerson(ctx context.Context, a *account.Accounts, p Person) (*account.Person, error) {
	for _, name := range p.Groups {
		if err := addGroup(ctx, a, account.Group{Name: name}); err != nil {
			return nil, err
		}
	}
	if p.Password == "" {
		p.Password = Password
	}
	hash, err := a.HashPassword(ctx, p.Password)
	if err != nil {
		return nil, err
	}
	return a.AddPerson(ctx, account.Person{
		Username: p.Username, Email: p.Email, EmailVerified: p.EmailVerified, Profile: p.Profile, Groups: p.Groups, Attributes: p.Attributes, Disabled: p.Disabled,
		Password: hash,
	}, "")
}

// addGroup makes a group if it is not there.
func addGroup(ctx context.Context, a *account.Accounts, g account.Group) error {
	if _, err := a.Group(ctx, g.Name); !errors.Is(err, account.ErrUnknownGroup) {
		return err
	}
	_, err := a.AddGroup(ctx, g)
	if errors.Is(err, account.ErrTaken) {
		return nil
	}
	return err
}

// shownPeople is how many people the sign-in page offers.
const shownPeople = 50

// accountsOf lists people for the sign-in page.
func (m *Mode) accountsOf(ctx context.Context) ([]templates.Account, error) {
	page, _, err := m.accounts.ListPeople(ctx, "", "", shownPeople)
	if err != nil {
		return nil, err
	}
	list := make([]templates.Account, 0, len(page))
	for _, p := range page {
		list = append(list, templates.Account{Value: p.Subject, Identifier: nameOf(p), Name: p.Name, Address: p.Email, Note: noteOf(p, m.Now())})
	}
	return list, nil
}

// signIn is somebody whose name was picked. Whoever is disabled stays out, as with a password.
func (m *Mode) signIn(ctx context.Context, value string) (*account.Person, error) {
	p, err := m.accounts.FindPerson(ctx, value)
	if err != nil {
		return nil, err
	}
	if cause := p.Barred(m.Now()); cause != nil {
		return nil, &account.BarredError{Person: p, Cause: cause}
	}
	return p, nil
}

func nameOf(p *account.Person) string {
	if p.Username != "" {
		return p.Username
	}
	return p.Email
}

// noteOf is what is special about a person.
func noteOf(p *account.Person, now time.Time) string {
	var notes []string
	if state := p.StateAt(now); state != account.StateActive {
		notes = append(notes, string(state))
	}
	if p.Email != "" && !p.EmailVerified {
		notes = append(notes, "e-mail not verified")
	}
	if len(p.Groups) > 0 {
		notes = append(notes, "groups "+strings.Join(p.Groups, ", "))
	}
	return strings.Join(notes, " · ")
}
