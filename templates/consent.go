package templates

// Consent asks whether a client may have what it asks for: form#consent with the buttons "decision" allow and deny, and the
// checkbox "remember" (value 1).
type Consent struct {
	Base
	Action   string
	Request  string
	Client   *Client
	Redirect Destination
	// Person is who decides.
	Person *Account
	// Scopes is what the client asks for.
	Scopes []Scope
	// Resources are the APIs for which it asks (RFC 8707 §2).
	Resources []string
	// OfferRemember shows the checkbox; Remember ticks it.
	OfferRemember, Remember bool
	// Manage is the local path of the page where the person can take permissions back. It may be empty.
	Manage string
}

// Scope is one thing that a client asks for.
type Scope struct {
	// Name is the scope's value in the protocol.
	Name string
	// Title and Why are an operator's words for a scope of their own; see Words. Without them the messages scope.<name>.title and
	// .why speak, and for a name without messages the name itself.
	Title, Why Text
	// Granted tells that the person allowed it before.
	Granted bool
}

// described lists the scopes that have messages: OIDC Core §5.4 and §11, groups and roles.
var described = map[string]bool{
	"openid": true, "profile": true, "email": true, "address": true, "phone": true, "offline_access": true, "groups": true, "roles": true,
}

// Heading is the scope in words.
func (s Scope) Heading() Text {
	switch {
	case !s.Title.IsZero():
		return s.Title
	case described[s.Name]:
		return Msg("scope." + s.Name + ".title")
	}
	return Msg("scope.unknown.title", "scope", s.Name)
}

// Reason is what the scope is for.
func (s Scope) Reason() Text {
	switch {
	case !s.Why.IsZero():
		return s.Why
	case !s.Title.IsZero():
		return Text{}
	case described[s.Name]:
		return Msg("scope." + s.Name + ".why")
	}
	return Msg("scope.unknown.why")
}

// Template implements Page.
func (Consent) Template() string { return "consent" }

// Policy implements Page: both answers lead to the client.
func (p Consent) Policy() Policy { return endingAt(p.Redirect) }

// New returns the scopes that were not granted before.
func (p Consent) New() []Scope { return p.scopes(false) }

// Before returns the scopes that were granted before.
func (p Consent) Before() []Scope { return p.scopes(true) }

func (p Consent) scopes(granted bool) []Scope {
	var out []Scope
	for _, s := range p.Scopes {
		if s.Granted == granted {
			out = append(out, s)
		}
	}
	return out
}
