package api

import (
	"cmp"
	"log/slog"
	"net/http"

	"github.com/gorilla/mux"

	"signet/handlers/mail"
	"signet/keys"
	"signet/provider"
	"signet/provider/account"
	"signet/provider/audit"
)

// Prefix is the path under which the operations are.
const Prefix = "/api/v1"

// maxBody bounds a request's document where Config does not.
const maxBody = 1 << 20

// Config is what the operations work on.
type Config struct {
	Provider *provider.Provider
	Accounts *account.Accounts
	Ring     *keys.Ring
	// Invites tells whether people can be invited.
	Invites bool
	// Trail is where records are found.
	Trail *audit.Trail
	// Mail is nil where no mail is sent.
	Mail *mail.Outbox
	Log  *slog.Logger
	// Version is the program's.
	Version string
	// MaxBody is how many bytes a request's document may have; 0 is one MiB.
	MaxBody int64
}

// operation is a row of the table of operations.
type operation struct {
	Method, Path string
	Do           func(a *api, r *http.Request) (any, error)
}

// operations is the table.
var operations = []operation{
	{"GET", "/status", (*api).status},

	{"GET", "/clients", (*api).listClients},
	{"POST", "/clients", (*api).addClient},
	{"GET", "/clients/{id}", (*api).showClient},
	{"PATCH", "/clients/{id}", (*api).editClient},
	{"DELETE", "/clients/{id}", (*api).removeClient},
	{"POST", "/clients/{id}/secret", (*api).rotateSecret},
	{"GET", "/clients/{id}/deliveries", (*api).clientDeliveries},

	{"GET", "/registration/tokens", (*api).listInitialTokens},
	{"POST", "/registration/tokens", (*api).createInitialToken},
	{"DELETE", "/registration/tokens/{id}", (*api).revokeInitialToken},

	{"GET", "/users", (*api).listUsers},
	{"POST", "/users", (*api).addUser},
	{"POST", "/users/import", (*api).importUsers},
	{"GET", "/users/{id}", (*api).showUser},
	{"PATCH", "/users/{id}", (*api).editUser},
	{"DELETE", "/users/{id}", (*api).removeUser},
	{"PUT", "/users/{id}/password", (*api).setPassword},
	{"GET", "/users/{id}/factors", (*api).listFactors},
	{"DELETE", "/users/{id}/factors", (*api).resetFactors},
	{"GET", "/users/{id}/sessions", (*api).listSessions},
	{"DELETE", "/users/{id}/sessions", (*api).endSessions},
	{"DELETE", "/users/{id}/sessions/{sid}", (*api).endSession},
	{"GET", "/users/{id}/consents", (*api).listConsents},
	{"DELETE", "/users/{id}/consents/{client}", (*api).withdrawConsent},

	{"GET", "/groups", (*api).listGroups},
	{"POST", "/groups", (*api).addGroup},
	{"PATCH", "/groups/{id}", (*api).editGroup},
	{"DELETE", "/groups/{id}", (*api).removeGroup},
	{"GET", "/groups/{id}/members", (*api).listMembers},
	{"PUT", "/groups/{id}/members/{member}", (*api).addMember},
	{"DELETE", "/groups/{id}/members/{member}", (*api).removeMember},

	{"GET", "/keys", (*api).listKeys},
	{"POST", "/keys", (*api).importKey},
	{"POST", "/keys/{id}/rotate", (*api).rotateKey},

	{"GET", "/audit", (*api).searchAudit},
	{"GET", "/audit/kinds", (*api).auditKinds},
	{"GET", "/audit/export", (*api).exportAudit},
	{"GET", "/audit/verify", (*api).verifyAudit},

	{"POST", "/tokens/inspect", (*api).inspectToken},

	{"POST", "/users/invite", (*api).inviteUser},

	{"POST", "/mail/test", (*api).testMail},
	{"GET", "/mail/outbox", (*api).mailOutbox},
}

type api struct{ Config }

// New returns the handler of all operations. Whoever mounts it decides who may reach it: it trusts every caller.
func New(c Config) http.Handler {
	a := &api{c}
	router := mux.NewRouter().UseEncodedPath()
	for _, op := range operations {
		router.Methods(op.Method).Path(Prefix + op.Path).Handler(a.handle(op))
	}
	router.NotFoundHandler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.write(w, r, nil, fault(http.StatusNotFound, "not_found", "no operation %s %s", r.Method, r.URL.Path))
	})
	return router
}

func (a *api) handle(op operation) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r = r.WithContext(audit.WithOrigin(r.Context(), audit.Origin{Actor: audit.Operator}))
		r.Body = http.MaxBytesReader(w, r.Body, cmp.Or(a.MaxBody, maxBody))
		answer, err := op.Do(a, r)
		a.write(w, r, answer, err)
	})
}

// statusAnswer tells which server answered.
type statusAnswer struct {
	Version string `json:"version"`
	Issuer  string `json:"issuer"`
}

func (a *api) status(*http.Request) (any, error) {
	return statusAnswer{Version: a.Version, Issuer: a.Provider.Issuer()}, nil
}
