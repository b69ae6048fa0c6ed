package api

import (
	"net/http"

	"signet/provider/account"
)

// GroupSettings are what can be said of a group.
type GroupSettings struct {
	Description *string `json:"description,omitempty"`
	// Parents are the groups that the members are in, too; an empty list is none.
	Parents *[]string `json:"parents,omitempty"`
}

// NewGroup is a group to be added.
type NewGroup struct {
	Name string `json:"name"`
	GroupSettings
}

func (s GroupSettings) apply(g *account.Group) {
	set(&g.Description, s.Description)
	set(&g.Parents, s.Parents)
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
	in.apply(&g)
	return a.Accounts.AddGroup(r.Context(), g)
}

func (a *api) editGroup(r *http.Request) (any, error) {
	var in GroupSettings
	if err := read(r, &in); err != nil {
		return nil, err
	}
	return a.Accounts.EditGroup(r.Context(), id(r, "id"), func(g *account.Group) error {
		in.apply(g)
		return nil
	})
}

func (a *api) removeGroup(r *http.Request) (any, error) {
	return nil, a.Accounts.RemoveGroup(r.Context(), id(r, "id"))
}

// listMembers lists who is in a group itself, or, with all=true in the query, also who is in a group within it.
func (a *api) listMembers(r *http.Request) (any, error) {
	_, after, limit, err := window(r)
	if err != nil {
		return nil, err
	}
	switch nested := r.URL.Query().Get("all"); nested {
	case "", "false":
	case "true":
		members, next, err := a.Accounts.AllMembers(r.Context(), id(r, "id"), after, limit)
		return list[account.Member]{Items: some(members), Next: next}, err
	default:
		return nil, fault(http.StatusBadRequest, "invalid", "all %q, allowed true, false", nested)
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
