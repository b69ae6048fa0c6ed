package api

import (
	"net/http"
	"slices"

	"signet/keys"
	"signet/provider/account"
)

var userOperations = []operation{
	{Method: "GET", Path: "/users", Needs: "users:read", Does: "Lists people by their names", Query: found, Out: list[account.Person]{}, Do: (*API).listUsers},
	{Method: "POST", Path: "/users", Needs: "users:write", Does: "Adds a person", In: NewUser{}, Out: account.Person{}, Do: (*API).addUser},
	{Method: "GET", Path: "/users/{id}", Needs: "users:read", Does: "Shows a person, who is named by subject, username or e-mail address", Out: account.Person{}, Do: (*API).showUser},
	{Method: "PATCH", Path: "/users/{id}", Needs: "users:write", Does: "Changes members of a person", In: UserMembers{}, Out: account.Person{}, Do: (*API).editUser},
	{Method: "DELETE", Path: "/users/{id}", Needs: "users:write", Does: "Removes a person, and ends what was issued for them", Do: (*API).removeUser},
	{Method: "PUT", Path: "/users/{id}/password", Needs: "users:write", Does: "Gives a person a new password, and ends what was issued for them", In: NewPassword{}, Do: (*API).setPassword},
}

// UserMembers are what is said of a person: members of account.Person, by their names in JSON. In a change those that are left
// out stay as they are, and null puts one back to nothing.
type UserMembers map[string]any

// NewUser is a person to be added: UserMembers, and password, or password_hash, which another program made. Without either they cannot
// sign in with a password.
type NewUser UserMembers

func (a *API) listUsers(r *http.Request) (any, error) {
	prefix, after, limit := window(r)
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

func (a *API) addUser(r *http.Request) (any, error) {
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
	if err := a.mayTouch(r.Context(), p.Groups...); err != nil {
		return nil, err
	}
	return a.Accounts.AddPerson(r.Context(), p, password)
}

func (a *API) showUser(r *http.Request) (any, error) {
	return a.Accounts.FindPerson(r.Context(), id(r, "id"))
}

func (a *API) editUser(r *http.Request) (any, error) {
	var password string
	members, err := readMembers(r, map[string]*string{"password": &password})
	switch {
	case err != nil:
		return nil, err
	case password != "":
		return nil, fault(http.StatusBadRequest, "invalid", "password is not changed with the rest; set it by itself")
	}
	return a.Accounts.EditPerson(r.Context(), id(r, "id"), func(p *account.Person) error {
		before := slices.Clone(p.Groups)
		if err := p.Patch(members); err != nil {
			return err
		}
		return a.mayTouch(r.Context(), slices.Concat(before, p.Groups)...)
	})
}

// NewPassword is what a person signs in with from now on.
type NewPassword struct {
	Password string `json:"password"`
}

func (a *API) setPassword(r *http.Request) (any, error) {
	var in NewPassword
	if err := read(r, &in); err != nil {
		return nil, err
	}
	p, err := a.touched(r, "id")
	if err != nil {
		return nil, err
	}
	return nil, a.Accounts.SetPassword(r.Context(), p.Subject, in.Password)
}
