package api

import (
	"net/http"

	"signet/keys"
)

func (a *api) listKeys(r *http.Request) (any, error) {
	infos, err := a.Ring.List(r.Context())
	return list[keys.Info]{Items: some(infos)}, err
}

// keyChange says whether a key signs at once, or after it has been published for the usual time.
type keyChange struct {
	Now bool `json:"now"`
}

func (a *api) rotateKey(r *http.Request) (any, error) {
	var in keyChange
	if err := read(r, &in); err != nil {
		return nil, err
	}
	return a.Ring.Rotate(r.Context(), id(r, "id"), in.Now)
}

// importedKey is a private key to sign with: PEM (PKCS #1, PKCS #8, SEC 1) or JWK.
type importedKey struct {
	keyChange
	Algorithm string `json:"alg"`
	Key       string `json:"key"`
}

func (a *api) importKey(r *http.Request) (any, error) {
	var in importedKey
	if err := read(r, &in); err != nil {
		return nil, err
	}
	return a.Ring.Import(r.Context(), in.Algorithm, []byte(in.Key), in.Now)
}

// tokenQuestion is a token to look into.
type tokenQuestion struct {
	Token string `json:"token"`
}

func (a *api) inspectToken(r *http.Request) (any, error) {
	var in tokenQuestion
	if err := read(r, &in); err != nil {
		return nil, err
	}
	return a.Provider.Inspect(r.Context(), in.Token)
}
