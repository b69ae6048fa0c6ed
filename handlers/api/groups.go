package api

import (
	"net/http"

	"signet/provider/account"
)

// GroupSettings are what can be said of a group.
type GroupSettings struct {
	Description *string `json:"description,omitempty"`
}

// NewGroup is a group to be added.
type NewGroup struct {
	Name string `json:"name"`
	GroupSettings
}

func (a *api) listGroups(r *http.Request) (any, error) {
	_, after, limit, err := window(r)
	if err != nil {
		return nil, err
	}
	groups, next, err := a.Accounts.ListGroups(r.Context(), after, limit)
	return list[account.Group]{Items: some(groups), Next: next}, err
}

func (a *api) addGroup(r *http.Request) (any, error) {
	var in NewGroup
	if err := read(r, &in); err != nil {
		return nil, err
	}
	g := account.Group{Name: in.Name}
	set(&g.Description, in.Description)
	return a.Accounts.AddGroup(r.Context(), g)
}

func (a *api) editGroup(r *http.Request) (any, error) {
	var in GroupSettings
	if err := read(r, &in); err != nil {
		return nil, err
	}
	return a.Accounts.EditGroup(r.Context(), id(r, "id"), func(g *account.Group) error {
		set(&g.Description, in.Description)
		return nil
	})
}

func (a *api) removeGroup(r *http.Request) (any, error) {
	return nil, a.Accounts.RemoveGroup(r.Context(), id(r, "id"))
}

func (a *api) listMembers(r *http.Request) (any, error) {
	_, after, limit, err := window(r)
	if err != nil {
		return nil, err
	}
	people, next, err := a.Accounts.Members(r.Context(), id(r, "id"), after, limit)
	return list[*account.Person]{Items: some(people), Next: next}, err
}

func (a *api) addMember(r *http.Request) (any, error) {
	return nil, a.Accounts.AddMember(r.Context(), id(r, "id"), id(r, "member"))
}

func (a *api) removeMember(r *http.Request) (any, error) {
	return nil, a.Accounts.RemoveMember(r.Context(), id(r, "id"), id(r, "member"))
}
