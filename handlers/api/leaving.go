package api

import (
	"net/http"

	"signet/provider"
	"signet/provider/account"
)

var leavingOperations = []operation{
	{Method: "PUT", Path: "/users/{id}/leaving", Needs: "users:write", Does: "Begins to delete a person, who is kept out at once and gone when the grace has passed", Out: account.Person{}, Do: (*API).leaveUser},
	{Method: "DELETE", Path: "/users/{id}/leaving", Needs: "users:write", Does: "Keeps a person who was to be deleted", Out: account.Person{}, Do: (*API).restoreUser},
	{Method: "POST", Path: "/users/{id}/merge", Needs: "users:write", Does: "Makes one person's account a part of another", In: MergeInto{}, Out: provider.Merge{}, Do: (*API).mergeUser},
	{Method: "GET", Path: "/users/{id}/export", Needs: "users:write", Does: "Tells all that is kept of a person, without secrets, and records that it was told", Out: provider.PersonalData{}, Do: (*API).exportUser},
}

func (a *API) leaveUser(r *http.Request) (any, error) {
	p, err := a.touched(r, "id")
	if err != nil {
		return nil, err
	}
	return a.Accounts.LeaveNow(r.Context(), p.Subject, a.Accounts.Grace())
}

func (a *API) restoreUser(r *http.Request) (any, error) {
	p, err := a.touched(r, "id")
	if err != nil {
		return nil, err
	}
	return a.Accounts.RestoreNow(r.Context(), p.Subject)
}

// removeUser deletes a person at once and for good.
func (a *API) removeUser(r *http.Request) (any, error) {
	p, err := a.touched(r, "id")
	if err != nil {
		return nil, err
	}
	return nil, a.Provider.RemovePerson(r.Context(), p.Subject)
}

// MergeInto says into which person another is merged.
type MergeInto struct {
	// Into is a subject, a username or an e-mail address.
	Into string `json:"into"`
	// DryRun changes nothing, and tells what would happen.
	DryRun bool `json:"dry_run,omitempty"`
}

// mergeUser makes one person a part of another, if whoever asks may change both; see provider.MergePeople.
func (a *API) mergeUser(r *http.Request) (any, error) {
	from, err := a.touched(r, "id")
	if err != nil {
		return nil, err
	}
	var in MergeInto
	if err := read(r, &in); err != nil {
		return nil, err
	}
	into, err := a.Accounts.FindPerson(r.Context(), in.Into)
	if err != nil {
		return nil, err
	}
	if err := a.mayTouch(r.Context(), into.Groups...); err != nil {
		return nil, err
	}
	return a.Provider.MergePeople(r.Context(), from.Subject, into.Subject, in.DryRun)
}

func (a *API) exportUser(r *http.Request) (any, error) {
	person, err := a.Accounts.FindPerson(r.Context(), id(r, "id"))
	if err != nil {
		return nil, err
	}
	return a.Provider.ExportPerson(r.Context(), person)
}
