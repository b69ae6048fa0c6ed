package api

import (
	"encoding/json"
	"fmt"
	"net/http"

	"signet/keys"
	"signet/provider"
	"signet/provider/logout"
)

var clientOperations = []operation{
	{Method: "GET", Path: "/clients", Needs: "clients:read", Does: "Lists clients by their names", Query: found, Out: list[Client]{}, Do: (*API).listClients},
	{Method: "POST", Path: "/clients", Needs: "clients:write", Does: "Adds a client; the answer has its secret this once", In: NewClient{}, Out: Client{}, Do: (*API).addClient},
	{Method: "GET", Path: "/clients/{id}", Needs: "clients:read", Does: "Shows a client", Out: Client{}, Do: (*API).showClient},
	{Method: "PATCH", Path: "/clients/{id}", Needs: "clients:write", Does: "Changes members of a client", In: ClientMembers{}, Out: Client{}, Do: (*API).editClient},
	{Method: "DELETE", Path: "/clients/{id}", Needs: "clients:write", Does: "Removes a client, and ends what was issued to it", Do: (*API).removeClient},
	{Method: "POST", Path: "/clients/{id}/secret", Needs: "clients:write", Does: "Gives a client a new secret, which the answer has this once", In: Rotation{}, Out: Client{}, Do: (*API).rotateSecret},
	{Method: "GET", Path: "/clients/{id}/deliveries", Needs: "clients:read", Does: "Tells how it stands with what a client is to hear of ended sessions", Out: logout.State{}, Do: (*API).clientDeliveries},
}

// ClientMembers are what is said of a client: members of provider.Client, by their names in JSON. In a change those that are
// left out stay as they are, and null puts one back to what it is when nobody says it.
type ClientMembers map[string]any

// NewClient is a client to be added: ClientMembers, and client_id, without which one is made up, and client_secret, without which one is
// generated if it needs one.
type NewClient ClientMembers

// Client is a client as it is shown: never with the hashes of its secrets.
type Client struct {
	provider.Client
	// Secrets shadows the record's: when each live one was made and when it ends.
	Secrets []SecretFacts `json:"secrets,omitempty"`
	// RegistrationToken shadows the record's, which is a hash, too, and is never shown.
	RegistrationToken []byte `json:"registration_token,omitempty"`
	// Secret is a new secret, shown this once.
	Secret string `json:"client_secret,omitempty"`
	// Warnings are what the record says and better did not.
	Warnings []string `json:"warnings,omitempty"`
}

// SecretFacts are when a secret was made and when it ends, in Unix seconds; Expires 0 is never.
type SecretFacts struct {
	Created int64 `json:"created"`
	Expires int64 `json:"expires,omitempty"`
}

func shown(c provider.Client, secret keys.Secret) Client {
	out := Client{Client: c, Secret: secret.Reveal(), Warnings: c.Cautions()}
	for _, s := range c.Secrets {
		out.Secrets = append(out.Secrets, SecretFacts{s.Created, s.Expires})
	}
	return out
}

func set[T any](field *T, given *T) {
	if given != nil {
		*field = *given
	}
}

func (a *API) listClients(r *http.Request) (any, error) {
	prefix, after, limit := window(r)
	clients, next, err := a.Provider.ListClients(r.Context(), prefix, after, limit)
	page := list[Client]{Items: []Client{}, Next: next}
	for _, c := range clients {
		page.Items = append(page.Items, shown(c, ""))
	}
	return page, err
}

func (a *API) addClient(r *http.Request) (any, error) {
	var in struct {
		ID     string
		Secret string
	}
	members, err := readMembers(r, map[string]*string{"client_id": &in.ID, "client_secret": &in.Secret})
	if err != nil {
		return nil, err
	}
	c := provider.Client{ID: in.ID}
	if err := c.Patch(members, provider.SetByOperator); err != nil {
		return nil, err
	}
	if err := mayGive(r.Context(), c.Scopes); err != nil {
		return nil, err
	}
	if in.Secret != "" {
		if err := a.Provider.SetSecret(&c, keys.Secret(in.Secret)); err != nil {
			return nil, err
		}
	}
	secret, err := a.Provider.AddClient(r.Context(), &c)
	return shown(c, secret), err
}

// readMembers reads a JSON object. Some members are texts of their own and are taken out of it; what is left is returned.
func readMembers(r *http.Request, own map[string]*string) ([]byte, error) {
	var members map[string]json.RawMessage
	if err := read(r, &members); err != nil {
		return nil, err
	}
	for name, text := range own {
		if value, said := members[name]; said {
			if err := json.Unmarshal(value, text); err != nil {
				return nil, fault(http.StatusBadRequest, "invalid", "%s: want a text", name)
			}
			delete(members, name)
		}
	}
	return json.Marshal(members)
}

func (a *API) showClient(r *http.Request) (any, error) {
	c, err := a.Provider.ClientRecord(r.Context(), id(r, "id"))
	return shown(c, ""), err
}

func (a *API) editClient(r *http.Request) (any, error) {
	var secret string
	members, err := readMembers(r, map[string]*string{"client_secret": &secret})
	if err != nil {
		return nil, err
	}
	if secret != "" {
		return nil, fault(http.StatusBadRequest, "invalid", "client_secret cannot be changed to a chosen one; rotate it for a new one")
	}
	err = a.Provider.EditClient(r.Context(), id(r, "id"), func(c *provider.Client) error {
		if c.Declared {
			return fmt.Errorf("%w: %s", provider.ErrClientDeclared, c.ID)
		}
		before := c.Scopes
		if err := c.Patch(members, provider.SetByOperator); err != nil {
			return err
		}
		return mayGive(r.Context(), before, c.Scopes)
	})
	if err != nil {
		return nil, err
	}
	return a.showClient(r)
}

func (a *API) removeClient(r *http.Request) (any, error) {
	c, err := a.touchedClient(r)
	if err != nil {
		return nil, err
	}
	if c.Declared {
		return nil, fmt.Errorf("%w: %s", provider.ErrClientDeclared, c.ID)
	}
	return nil, a.Provider.RemoveClient(r.Context(), c.ID)
}

// Rotation says for how many seconds the present secret stays good beside the new one.
type Rotation struct {
	Keep int64 `json:"keep,omitempty"`
	// Kept has the new secret itself kept, sealed, for a client that is about to need that; usually its record decides.
	Kept bool `json:"kept,omitempty"`
}

func (a *API) rotateSecret(r *http.Request) (any, error) {
	var in Rotation
	if err := read(r, &in); err != nil {
		return nil, err
	}
	if in.Keep < 0 || in.Keep > 366*24*3600 {
		return nil, fault(http.StatusBadRequest, "invalid", "keep of %d s, allowed 0 to 366 days", in.Keep)
	}
	before, err := a.touchedClient(r)
	if err != nil {
		return nil, err
	}
	rotate := a.Provider.RotateSecret
	if in.Kept {
		rotate = a.Provider.RotateKeptSecret
	}
	secret, err := rotate(r.Context(), before.ID, in.Keep)
	if err != nil {
		return nil, err
	}
	c, err := a.Provider.ClientRecord(r.Context(), id(r, "id"))
	return shown(c, secret), err
}

// touchedClient is the client that an operation is about to change, if whoever asks may.
func (a *API) touchedClient(r *http.Request) (provider.Client, error) {
	c, err := a.Provider.ClientRecord(r.Context(), id(r, "id"))
	if err != nil {
		return c, err
	}
	return c, mayGive(r.Context(), c.Scopes)
}
