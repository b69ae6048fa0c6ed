package api

import (
	"encoding/json"
	"errors"
	"net/http"

	"signet/keys"
	"signet/provider/account"
)

var importOperations = []operation{
	{Method: "POST", Path: "/users/import", Needs: "users:write", Does: "Adds people who come from elsewhere, with their password hashes", In: Import{}, Out: Imported{}, Do: (*API).importUsers},
}

// Import is a page of people who come from elsewhere: at most account.MaxArrivals.
type Import struct {
	Users []Arrival `json:"users"`
	// DryRun only tells what would become of them. Groups are names of groups that will have been added by then.
	DryRun bool     `json:"dry_run,omitempty"`
	Groups []string `json:"groups,omitempty"`
}

// Arrival is a person who comes from elsewhere: UserMembers, and sub and password_hash.
type Arrival map[string]any

// Imported is what became of a page of people, in its order.
type Imported struct {
	Results []ImportResult `json:"results"`
}

// ImportResult is what became of one person: Sub is set, or Code and Message.
type ImportResult struct {
	Sub string `json:"sub,omitempty"`
	// Code is "taken" for who is there already, and "invalid" or "not_found" otherwise.
	Code    string `json:"code,omitempty"`
	Message string `json:"message,omitempty"`
}

func (a *API) importUsers(r *http.Request) (any, error) {
	var in Import
	if err := read(r, &in); err != nil {
		return nil, err
	}
	if len(in.Users) > account.MaxArrivals {
		return nil, fault(http.StatusBadRequest, "invalid", "users: %d, allowed: at most %d at once", len(in.Users), account.MaxArrivals)
	}
	results := make([]ImportResult, len(in.Users))
	var people []account.Person
	var places []int
	for i, members := range in.Users {
		p, err := arriving(members)
		if err == nil {
			err = a.mayName(r.Context(), p)
		}
		if err != nil {
			results[i] = wrong(err)
			continue
		}
		people, places = append(people, p), append(places, i)
	}
	arrivals, err := a.Accounts.Import(r.Context(), people, in.Groups, in.DryRun)
	if err != nil {
		return nil, err
	}
	for i, arrival := range arrivals {
		if results[places[i]] = wrong(arrival.Wrong); arrival.Wrong == nil && !in.DryRun {
			results[places[i]].Sub = arrival.Person.Subject
		}
	}
	return Imported{Results: results}, nil
}

// arriving reads one person.
func arriving(members Arrival) (p account.Person, err error) {
	for name, to := range map[string]func(string){
		"sub":           func(s string) { p.Subject = s },
		"password_hash": func(s string) { p.Password = keys.Secret(s) },
	} {
		value, said := members[name]
		if !said {
			continue
		}
		text, ok := value.(string)
		if !ok {
			return p, fault(http.StatusBadRequest, "invalid", "%s: want a text", name)
		}
		to(text)
		delete(members, name)
	}
	document, err := json.Marshal(members)
	if err != nil {
		return p, err
	}
	return p, p.Patch(document)
}

// wrong tells what is wrong with one person, as the answer to an operation on that person alone would.
func wrong(err error) ImportResult {
	if err == nil {
		return ImportResult{}
	}
	var own *Error
	if errors.As(err, &own) {
		return ImportResult{Code: own.Code, Message: own.Message}
	}
	for _, f := range faults {
		if errors.Is(err, f.is) {
			return ImportResult{Code: f.code, Message: err.Error()}
		}
	}
	return ImportResult{Code: "invalid", Message: err.Error()}
}
