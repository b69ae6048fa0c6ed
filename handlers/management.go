package handlers

import (
	"encoding/json"
	"net/http"

	"signet/handlers/api"
	"signet/keys"
	"signet/provider"
)

// wellKnownResource is where the metadata of a protected resource is: between host and path (RFC 9728 §3.1).
const wellKnownResource = "/.well-known/oauth-protected-resource"

// managementMethods are the methods of all operations.
var managementMethods = []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}

// Management makes the routes of administration over the network. Each operation needs an access token with the scope that the table
// of operations names; no cookie opens any. See Config.Extra.
func Management(operations *api.API) func(*Handlers) []Route {
	return func(h *Handlers) []Route {
		m := &management{Handlers: h, operations: operations}
		metadata, description := prepared(resourceMetadata(h.issuer)), prepared(operations.Description())
		return []Route{
			{
				Methods: get, Path: provider.PathAdministration + "/openapi.json", Audience: ForMachines, Policy: publicDocument,
				Handler: document(func() *keys.Document { return description }),
			},
			{
				Methods: managementMethods, Path: provider.PathAdministration + "/{operation:.+}", Audience: ForBearers, Policy: bearerCall,
				RawBody: true, MaxBody: operations.BodyLimit(), Metadata: h.resourceAddress(), Handler: m.manage,
			},
			{
				Methods: get, Path: wellKnownResource + h.base + provider.PathAdministration, AtRoot: true, Audience: ForMachines, Policy: publicDocument,
				Handler: document(func() *keys.Document { return metadata }),
			},
		}
	}
}

type management struct {
	*Handlers
	operations *api.API
}

// manage answers an operation.
func (m *management) manage(w http.ResponseWriter, r *http.Request) error {
	var err error
	inside := http.HandlerFunc(func(w http.ResponseWriter, inner *http.Request) {
		err = m.operations.Outside(w, inner, func() (*provider.Administrator, error) {
			who, err := m.provider.Administrator(r.Context(), r)
			if err == nil {
				m.shareWith(w, r, who.ClientID)
			}
			return who, err
		})
	})
	http.StripPrefix(m.base, inside).ServeHTTP(w, r)
	return err
}

func (h *Handlers) resourceAddress() string {
	return h.root() + wellKnownResource + h.base + provider.PathAdministration
}

// root is the issuer without its path.
func (h *Handlers) root() string { return h.issuer[:len(h.issuer)-len(h.base)] }

// resourceMetadata is the metadata of administration as a protected resource (RFC 9728 §2).
func resourceMetadata(issuer string) any {
	var scopes []string
	for _, row := range provider.AdministrationScopes() {
		scopes = append(scopes, row.Name)
	}
	return map[string]any{
		"resource":                 issuer + provider.PathAdministration,
		"authorization_servers":    []string{issuer},
		"scopes_supported":         scopes,
		"bearer_methods_supported": []string{"header"},
		"resource_name":            "Signet administration",
		"resource_documentation":   issuer + provider.PathAdministration + "/openapi.json",
	}
}

// prepared is a document that stays as it is.
func prepared(v any) *keys.Document {
	body, err := json.Marshal(v)
	if err != nil {
		panic("handlers: document: " + err.Error()) // it holds texts and lists of ours
	}
	return keys.Prepare(body)
}
