package api

import (
	"net/http"

	"signet/provider/account"
)

var sessionOperations = []operation{
	{Method: "GET", Path: "/users/{id}/sessions", Needs: "sessions:read", Does: "Lists the browsers in which a person is signed in", Out: list[Session]{}, Do: (*API).listSessions},
	{
		Method: "DELETE", Path: "/users/{id}/sessions", Needs: "sessions:write", Does: "Signs a person out everywhere",
		Query: []parameter{{Name: "everything", Says: "whether what was issued for the person ends, too", Of: "", Words: []string{"true", "false"}}}, Do: (*API).endSessions,
	},
	{Method: "DELETE", Path: "/users/{id}/sessions/{sid}", Needs: "sessions:write", Does: "Signs a person out in one browser", Do: (*API).endSession},
}

// Session is a browser in which a person is signed in. Times are in Unix seconds.
type Session struct {
	// SID is how clients know it, too: the claim sid of ID tokens and logout tokens.
	SID      string   `json:"sid"`
	AuthTime int64    `json:"auth_time"`
	AMR      []string `json:"amr,omitempty"`
	ACR      string   `json:"acr,omitempty"`
	Created  int64    `json:"created"`
	LastSeen int64    `json:"last_seen"`
	Expires  int64    `json:"expires"`
	Browser  string   `json:"browser,omitempty"`
	Address  string   `json:"address,omitempty"`
}

func (a *API) listSessions(r *http.Request) (any, error) {
	person, err := a.Accounts.FindPerson(r.Context(), id(r, "id"))
	if err != nil {
		return nil, err
	}
	sessions, err := a.Accounts.Sessions.List(r.Context(), person.Subject)
	page := list[Session]{Items: []Session{}}
	for _, s := range sessions {
		page.Items = append(page.Items, shownSession(s))
	}
	return page, err
}

func shownSession(s *account.Session) Session {
	return Session{
		SID: s.SID, AuthTime: s.AuthTime, AMR: s.AMR, ACR: s.ACR, Created: s.Created, LastSeen: s.LastSeen, Expires: s.Expires,
		Browser: s.Browser, Address: s.Address,
	}
}

// endSessions ends all sessions of a person, or, with everything=true in the query, all that was issued for them.
func (a *API) endSessions(r *http.Request) (any, error) {
	person, err := a.touched(r, "id")
	if err != nil {
		return nil, err
	}
	if r.URL.Query().Get("everything") == "true" {
		return nil, a.Accounts.EndEverything(r.Context(), person.Subject)
	}
	return nil, a.Accounts.Sessions.EndAll(r.Context(), person.Subject, "")
}

func (a *API) endSession(r *http.Request) (any, error) {
	person, err := a.touched(r, "id")
	if err != nil {
		return nil, err
	}
	return nil, a.Accounts.Sessions.EndOne(r.Context(), person.Subject, id(r, "sid"))
}

// clientDeliveries tells how it stands with what a client is to be told of ended sessions.
func (a *API) clientDeliveries(r *http.Request) (any, error) {
	return a.Provider.Deliveries(r.Context(), id(r, "id"))
}
