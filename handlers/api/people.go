package api

import (
	"net/http"

	"signet/keys"
	"signet/provider/account"
)

// UserMembers are what is said of a person: members of account.Person, by their names in JSON. In a change those that are left
// out stay as they are, and null puts one back to nothing.
//
// A new person may have one more: password, or password_hash, which another program made. Without either they cannot sign in
// with a password.
type UserMembers map[string]any

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
	var password, hash string
	members, err := readMembers(r, map[string]*string{"password": &password, "password_hash": &hash})
	switch {
	case err != nil:
		return nil, err
	case password != "" && hash != "":
		return nil, fault(http.StatusBadRequest, "invalid", "password and password_hash: one of the two")
	}
	p := account.Person{Password: keys.Secret(hash)}
	if err := p.Patch(members); err != nil {
		return nil, err
	}
	return a.Accounts.AddPerson(r.Context(), p, password)
}

func (a *api) showUser(r *http.Request) (any, error) {
	return a.Accounts.FindPerson(r.Context(), id(r, "id"))
}

func (a *api) editUser(r *http.Request) (any, error) {
	var password string
	members, err := readMembers(r, map[string]*string{"password": &password})
	switch {
	case err != nil:
		return nil, err
	case password != "":
		return nil, fault(http.StatusBadRequest, "invalid", "password is not changed with the rest; set it by itself")
	}
	return a.Accounts.EditPerson(r.Context(), id(r, "id"), func(p *account.Person) error { return p.Patch(members) })
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
