package api

import (
	"net/http"

	"signet/keys"
	"signet/provider"
)

var keyOperations = []operation{
	{Method: "GET", Path: "/keys", Needs: "keys:read", Does: "Lists the signing and encryption keys", Out: list[keys.Info]{}, Do: (*API).listKeys},
	{Method: "POST", Path: "/keys", Needs: "keys:write", Does: "Takes a private key to sign with", In: ImportedKey{}, Out: keys.Info{}, Do: (*API).importKey},
	{Method: "POST", Path: "/keys/{id}/rotate", Needs: "keys:write", Does: "Makes a new key of an algorithm", In: KeyChange{}, Out: keys.Info{}, Do: (*API).rotateKey},
	{Method: "POST", Path: "/tokens/inspect", Needs: "system:read", Does: "Tells what a token of this provider is", In: TokenQuestion{}, Out: provider.Inspection{}, Do: (*API).inspectToken},
}

func (a *API) listKeys(r *http.Request) (any, error) {
	infos, err := a.Ring.List(r.Context())
	return list[keys.Info]{Items: some(infos)}, err
}

// KeyChange says whether a key signs at once, or after it has been published for the usual time.
type KeyChange struct {
	Now bool `json:"now,omitempty"`
}

func (a *API) rotateKey(r *http.Request) (any, error) {
	var in KeyChange
	if err := read(r, &in); err != nil {
		return nil, err
	}
	return a.Ring.Rotate(r.Context(), id(r, "id"), in.Now)
}

// ImportedKey is a private key to sign with: PEM (PKCS #1, PKCS #8, SEC 1) or JWK.
type ImportedKey struct {
	KeyChange
	Algorithm string `json:"alg"`
	Key       string `json:"key"`
}

func (a *API) importKey(r *http.Request) (any, error) {
	var in ImportedKey
	if err := read(r, &in); err != nil {
		return nil, err
	}
	return a.Ring.Import(r.Context(), in.Algorithm, []byte(in.Key), in.Now)
}

// TokenQuestion is a token to look into.
type TokenQuestion struct {
	Token string `json:"token"`
}

func (a *API) inspectToken(r *http.Request) (any, error) {
	var in TokenQuestion
	if err := read(r, &in); err != nil {
		return nil, err
	}
	return a.Provider.Inspect(r.Context(), in.Token)
}
