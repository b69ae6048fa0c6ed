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

// API is the operations.
type API struct {
	Config
	router *mux.Router
}

// New puts the operations together.
func New(c Config) *API {
	a := &API{Config: c, router: mux.NewRouter().UseEncodedPath().SkipClean(true)}
	for _, op := range operations {
		a.router.Methods(op.Method).Path(Prefix + op.Path).Handler(a.handle(op))
	}
	none := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.write(w, r, nil, fault(http.StatusNotFound, "not_found", "no operation %s %s; all are in %s/openapi.json", r.Method, r.URL.Path, Prefix))
	})
	a.router.NotFoundHandler, a.router.MethodNotAllowedHandler = none, none
	return a
}

// ServeHTTP implements http.Handler. It trusts every caller: whoever mounts it decides who may reach it.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.router.ServeHTTP(w, r) }

func (a *API) handle(op operation) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, err := admit(r.Context(), op)
		if err != nil {
			return // whoever called Outside hears of it
		}
		r = r.WithContext(ctx)
		r.Body = http.MaxBytesReader(w, r.Body, a.BodyLimit())
		var answer any
		if err = op.checkQuery(r); err == nil {
			answer, err = op.Do(a, r)
		}
		a.write(w, r, answer, err)
	})
}

// BodyLimit is how many bytes a request's document may have.
func (a *API) BodyLimit() int64 { return cmp.Or(a.MaxBody, maxBody) }
