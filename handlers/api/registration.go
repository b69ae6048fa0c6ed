package api

import (
	"net/http"

	"signet/provider"
)

var registrationOperations = []operation{
	{Method: "GET", Path: "/registration/tokens", Needs: "clients:read", Does: "Lists initial access tokens of dynamic client registration", Query: paged, Out: list[InitialToken]{}, Do: (*API).listInitialTokens},
	{Method: "POST", Path: "/registration/tokens", Needs: "clients:write", Does: "Makes an initial access token, which the answer has this once", In: NewInitialToken{}, Out: InitialToken{}, Do: (*API).createInitialToken},
	{Method: "DELETE", Path: "/registration/tokens/{id}", Needs: "clients:write", Does: "Revokes an initial access token", Do: (*API).revokeInitialToken},
}

// NewInitialToken is an initial access token to be made.
type NewInitialToken struct {
	// Uses is how many clients can be registered with it, Life for how many seconds.
	Uses int64 `json:"uses"`
	Life int64 `json:"life"`
	// Scopes are what such clients may ask for beside the standard ones.
	Scopes []string `json:"scopes,omitempty"`
	Note   string   `json:"note,omitempty"`
}

// InitialToken is an initial access token as it is shown: without its hash.
type InitialToken struct {
	provider.InitialToken
	// Hash shadows the record's.
	Hash []byte `json:"hash,omitempty"`
	// Token is the token itself, shown this once.
	Token string `json:"token,omitempty"`
}

func (a *API) listInitialTokens(r *http.Request) (any, error) {
	_, after, limit := window(r)
	tokens, next, err := a.Provider.ListInitialTokens(r.Context(), after, limit)
	page := list[InitialToken]{Items: []InitialToken{}, Next: next}
	for _, t := range tokens {
		page.Items = append(page.Items, InitialToken{InitialToken: t})
	}
	return page, err
}

func (a *API) createInitialToken(r *http.Request) (any, error) {
	var in NewInitialToken
	if err := read(r, &in); err != nil {
		return nil, err
	}
	if in.Life < 1 || in.Life > 366*24*3600 {
		return nil, fault(http.StatusBadRequest, "invalid", "life of %d s, allowed 1 s to 366 days", in.Life)
	}
	if err := mayGive(r.Context(), in.Scopes); err != nil {
		return nil, err
	}
	text, t, err := a.Provider.CreateInitialToken(r.Context(), provider.InitialToken{
		Uses: in.Uses, Expires: a.Provider.Now().Unix() + in.Life, Scopes: in.Scopes, Note: in.Note,
	})
	return InitialToken{InitialToken: t, Token: text.Reveal()}, err
}

func (a *API) revokeInitialToken(r *http.Request) (any, error) {
	return nil, a.Provider.RevokeInitialToken(r.Context(), id(r, "id"))
}
