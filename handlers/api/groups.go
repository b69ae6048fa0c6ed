package api

import (
	"net/http"
	"slices"

	"signet/provider/account"
)

var groupOperations = []operation{
	{Method: "GET", Path: "/groups", Needs: "groups:read", Does: "Lists groups by their names", Query: paged, Out: list[account.Group]{}, Do: (*API).listGroups},
	{Method: "POST", Path: "/groups", Needs: "groups:write", Does: "Adds a group", In: NewGroup{}, Out: account.Group{}, Do: (*API).addGroup},
	{Method: "PATCH", Path: "/groups/{id}", Needs: "groups:write", Does: "Changes a group", In: GroupSettings{}, Out: account.Group{}, Do: (*API).editGroup},
	{Method: "DELETE", Path: "/groups/{id}", Needs: "groups:write", Does: "Removes a group", Do: (*API).removeGroup},
	{Method: "GET", Path: "/groups/{id}/members", Needs: "groups:read", Does: "Lists the people in a group", Query: append([]parameter{{Name: "all", Says: "whether people in groups within it are listed, too", Of: "", Words: []string{"true", "false"}}}, paged...), Out: list[account.Member]{}, Do: (*API).listMembers},
	{Method: "PUT", Path: "/groups/{id}/members/{member}", Needs: "groups:write", Does: "Takes a person into a group", Do: (*API).addMember},
	{Method: "DELETE", Path: "/groups/{id}/members/{member}", Needs: "groups:write", Does: "Takes a person out of a group", Do: (*API).removeMember},
}

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

func (a *API) listGroups(r *http.Request) (any, error) {
	_, after, limit := window(r)
	groups, next, err := a.Accounts.ListGroups(r.Context(), after, limit)
	return list[account.Group]{Items: some(groups), Next: next}, err
}

func (a *API) addGroup(r *http.Request) (any, error) {
	var in NewGroup
	if err := read(r, &in); err != nil {
		return nil, err
	}
	g := account.Group{Name: in.Name}
	in.apply(&g)
	if err := a.mayTouch(r.Context(), append(g.Parents, g.Name)...); err != nil {
		return nil, err
	}
	return a.Accounts.AddGroup(r.Context(), g)
}

func (a *API) editGroup(r *http.Request) (any, error) {
	var in GroupSettings
	if err := read(r, &in); err != nil {
		return nil, err
	}
	return a.Accounts.EditGroup(r.Context(), id(r, "id"), func(g *account.Group) error {
		before := append(slices.Clone(g.Parents), g.Name)
		in.apply(g)
		return a.mayTouch(r.Context(), append(before, g.Parents...)...)
	})
}

func (a *API) removeGroup(r *http.Request) (any, error) {
	g, err := a.touchedGroup(r)
	if err != nil {
		return nil, err
	}
	return nil, a.Accounts.RemoveGroup(r.Context(), g.Name)
}

// listMembers lists who is in a group itself, or, with all=true in the query, also who is in a group within it.
func (a *API) listMembers(r *http.Request) (any, error) {
	_, after, limit := window(r)
	if r.URL.Query().Get("all") == "true" {
		members, next, err := a.Accounts.AllMembers(r.Context(), id(r, "id"), after, limit)
		return list[account.Member]{Items: some(members), Next: next}, err
	}
	people, next, err := a.Accounts.Members(r.Context(), id(r, "id"), after, limit)
	return list[*account.Person]{Items: some(people), Next: next}, err
}

func (a *API) addMember(r *http.Request) (any, error) {
	g, p, err := a.touchedMember(r)
	if err != nil {
		return nil, err
	}
	return nil, a.Accounts.AddMember(r.Context(), g.Name, p.Subject)
}

func (a *API) removeMember(r *http.Request) (any, error) {
	g, p, err := a.touchedMember(r)
	if err != nil {
		return nil, err
	}
	return nil, a.Accounts.RemoveMember(r.Context(), g.Name, p.Subject)
}

// touchedGroup is the group that an operation is about to change, if whoever asks may.
func (a *API) touchedGroup(r *http.Request) (*account.Group, error) {
	g, err := a.Accounts.Group(r.Context(), id(r, "id"))
	if err != nil {
		return nil, err
	}
	return g, a.mayTouch(r.Context(), g.Name)
}

// touchedMember is that group, and the person who enters or leaves it.
func (a *API) touchedMember(r *http.Request) (*account.Group, *account.Person, error) {
	g, err := a.touchedGroup(r)
	if err != nil {
		return nil, nil, err
	}
	p, err := a.touched(r, "member")
	return g, p, err
}
