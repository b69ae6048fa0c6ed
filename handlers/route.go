package handlers

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// Handler answers a request or returns an error, never both. The error becomes an answer by the route's audience; see
// provider.AsError for what becomes of which error.
type Handler func(w http.ResponseWriter, r *http.Request) error

// Route is an address with what may be done there.
type Route struct {
	// Methods are the methods it answers. HEAD is answered wherever GET is.
	Methods []string
	// Path is a pattern of gorilla/mux below the issuer's path. It is the route's name in log and metrics.
	Path string
	// AtRoot puts Path at the root of the host even if the issuer has a path.
	AtRoot   bool
	Audience Audience
	Policy   Policy
	// Metadata is the address of the metadata of the protected resource that the route belongs to (RFC 9728 §5.1), if it has some.
	Metadata string
	// MaxBody is how many bytes a body may have; 0 is Config.MaxBody.
	MaxBody int64
	// RawBody leaves a body to the handler, which may read so much of it. Otherwise it must be a form, and is read
	// into r.PostForm and r.Form.
	RawBody bool
	// Handler must not be nil.
	Handler Handler
}

// Audience is who reads the answers of a route, errors above all.
type Audience int

// The audiences. The zero value is none, so that nobody forgets to choose.
const (
	// ForPeople answers with HTML pages.
	ForPeople Audience = iota + 1
	// ForFlow is ForPeople on the way through a sign-in, which an application may have opened in a window of its own: such
	// pages must not be cut off from their opener.
	ForFlow
	// ForClients answers with JSON as RFC 6749 §5.1 and §5.2 have it.
	ForClients
	// ForBearers answers with JSON, and with a challenge as RFC 6750 §3 has it.
	ForBearers
	// ForMachines is for public documents and probes. It answers to any Host header.
	ForMachines
)

// pages tells whether answers are HTML, and browsers with cookies come.
func (a Audience) pages() bool { return a == ForPeople || a == ForFlow }

// Policy is what a route demands and promises. Each field has a zero value that means "not decided", which New refuses.
type Policy struct {
	Who       Who
	CSRF      CSRF
	Cache     Cache
	Limit     Limit
	CrossSite CrossSite
}

// Who may come.
type Who int

// Who may come.
const (
	// Anybody may.
	Anybody Who = iota + 1
	// SignedIn sends everybody else to the sign-in page.
	SignedIn
	// SignedInRecently is SignedIn, and sends those whose sign-in is no longer recent to prove again who they are. It is for what
	// nobody is to do who finds a browser unattended.
	SignedInRecently
	// Clients must authenticate themselves; the provider sees to it.
	Clients
	// Bearers must bring an access token; the handler or the provider sees to it.
	Bearers
)

// CSRF is how forged requests are told apart.
type CSRF int

// The defences against forged requests.
const (
	// NothingToForge is for routes that change nothing on the word of a cookie.
	NothingToForge CSRF = iota + 1
	// FormToken refuses every POST without the token of the form, made for this browser and this session.
	FormToken
	// EntryToken is FormToken for forms that are shown before anyone has signed in: a sign-in in another tab does not
	// spoil the token.
	EntryToken
	// OriginAlone has no token, and refuses what other sites post. It is for what does nothing in anybody's name, and is on pages that no
	// cookie belongs to yet.
	OriginAlone
	// TokenOrAsk lets a POST without the token through; the handler then only asks the person (see Handlers.Genuine).
	TokenOrAsk
)

// demands tells whether a POST without the token is refused.
func (c CSRF) demands() bool { return c == FormToken || c == EntryToken }

// Cache is what caches may keep.
type Cache int

// The ways of caching.
const (
	// Never keeps answers out of every cache.
	Never Cache = iota + 1
	// Shortly lets everybody keep an answer for five minutes.
	Shortly
	// ForEver is for addresses whose content never changes.
	ForEver
)

// Limit is what stops somebody who tries too often.
type Limit int

// The limits.
const (
	// Unlimited is for what costs little and reveals nothing.
	Unlimited Limit = iota + 1
	// Failures counts failed attempts; the handler or the provider refuses when there were too many.
	Failures
)

// CrossSite is what other sites may do.
type CrossSite int

// What other sites may do.
const (
	// Refused turns every unsafe request away that a browser sends for another site (http.CrossOriginProtection).
	Refused CrossSite = iota + 1
	// MayPost takes them; cookies do not come with them (SameSite=Lax).
	MayPost
	// MayRead lets scripts of every site read the answer, without credentials.
	MayRead
	// MayCall is MayPost, and lets scripts of a client's own origins read what is answered to that client, without credentials.
	MayCall
)

var errPolicy = errors.New("handlers: route")

// Check returns an error that names what is not decided, or does not go together.
func (r Route) Check() error {
	p := r.Policy
	unset := r.Audience == 0 || p.Who == 0 || p.CSRF == 0 || p.Cache == 0 || p.Limit == 0 || p.CrossSite == 0
	switch {
	case len(r.Methods) == 0 || r.Handler == nil || !strings.HasPrefix(r.Path, "/"):
		return fmt.Errorf("%w %q: methods, path and handler are needed", errPolicy, r.Path)
	case unset:
		return fmt.Errorf("%w %s: its policy is not complete", errPolicy, r.Path)
	case r.Audience.pages() && r.unsafe() && p.CrossSite != Refused && p.CSRF.demands():
		return fmt.Errorf("%w %s: other sites cannot know the form's token", errPolicy, r.Path)
	case r.Audience.pages() && r.unsafe() && p.CrossSite == Refused && !p.CSRF.demands() && p.CSRF != OriginAlone:
		return fmt.Errorf("%w %s: a page that changes something needs the form's token", errPolicy, r.Path)
	case p.CSRF == OriginAlone && (p.CrossSite != Refused || p.Who != Anybody):
		return fmt.Errorf("%w %s: nothing tells forged requests apart", errPolicy, r.Path)
	case p.Cache != Never && (p.Who != Anybody || r.unsafe()):
		return fmt.Errorf("%w %s: its answers must not be kept", errPolicy, r.Path)
	case p.CrossSite == MayCall && r.Audience != ForClients && r.Audience != ForBearers:
		return fmt.Errorf("%w %s: scripts of clients have no business there", errPolicy, r.Path)
	case p.CrossSite == MayRead && (r.Audience.pages() || r.unsafe()):
		return fmt.Errorf("%w %s: other sites must not read it", errPolicy, r.Path)
	}
	return nil
}

// unsafe tells whether a method may change something.
func (r Route) unsafe() bool {
	return slices.ContainsFunc(r.Methods, func(m string) bool { return !safeMethod(m) })
}

func safeMethod(m string) bool { return m == http.MethodGet || m == http.MethodHead }

// allow is the Allow header (RFC 9110 §10.2.1).
func (r Route) allow() string {
	methods := slices.Clone(r.Methods)
	if slices.Contains(methods, http.MethodGet) {
		methods = append(methods, http.MethodHead)
	}
	slices.Sort(methods)
	return strings.Join(slices.Compact(methods), ", ")
}

func (r Route) answers(method string) bool {
	if method == http.MethodHead {
		method = http.MethodGet
	}
	return slices.Contains(r.Methods, method)
}
