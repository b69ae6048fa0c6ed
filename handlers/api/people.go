package api

import (
	"net/http"

	"signet/provider/account"
)

// UserSettings are what can be said of a person. In a change, members that are left out stay as they are.
type UserSettings struct {
	Username      *string          `json:"username,omitempty"`
	Email         *string          `json:"email,omitempty"`
	EmailVerified *bool            `json:"email_verified,omitempty"`
	Profile       *account.Profile `json:"profile,omitempty"`
	Groups        *[]string        `json:"groups,omitempty"`
	Disabled      *bool            `json:"disabled,omitempty"`
}

// NewUser is a person to be added. Without a password they cannot sign in with one.
type NewUser struct {
	Password string `json:"password,omitempty"`
	UserSettings
}

// apply writes the members that were given into the record.
func (s *UserSettings) apply(p *account.Person) {
	set(&p.Username, s.Username)
	if s.Email != nil {
		p.SetEmail(*s.Email, false)
	}
	if s.EmailVerified != nil {
		p.SetEmail(p.Email, *s.EmailVerified)
	}
	set(&p.Profile, s.Profile)
	set(&p.Groups, s.Groups)
	set(&p.Disabled, s.Disabled)
}

func (a *api) listUsers(r *http.Request) (any, error) {
	prefix, after, limit, err := window(r)
	if err != nil {
		return nil, err
	}
	people, next, err := a.Accounts.ListPeople(r.Context(), prefix, after, limit)
	return list[*account.Person]{Items: some(people), Next: next}, err
}

// some makes an empty list of none, so that JSON says [] and not null.
func some[T any](items []T) []T {
	if items == nil {
		return []T{}
	}
	return items
}

func (a *api) addUser(r *http.Request) (any, error) {
	var in NewUser
	if err := read(r, &in); err != nil {
		return nil, err
	}
	var p account.Person
	in.apply(&p)
	return a.Accounts.AddPerson(r.Context(), p, in.Password)
}

func (a *api) showUser(r *http.Request) (any, error) {
	return a.Accounts.FindPerson(r.Context(), id(r, "id"))
}

func (a *api) editUser(r *http.Request) (any, error) {
	var in UserSettings
	if err := read(r, &in); err != nil {
		return nil, err
	}
	return a.Accounts.EditPerson(r.Context(), id(r, "id"), func(p *account.Person) error {
		in.apply(p)
		return nil
	})
}

func (a *api) removeUser(r *http.Request) (any, error) {
	return nil, a.Accounts.RemovePerson(r.Context(), id(r, "id"))
}

type newPassword struct {
	Password string `json:"password"`
}

func (a *api) setPassword(r *http.Request) (any, error) {
	var in newPassword
	if err := read(r, &in); err != nil {
		return nil, err
	}
	return nil, a.Accounts.SetPassword(r.Context(), id(r, "id"), in.Password)
}
