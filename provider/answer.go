package provider

import "net/url"

// Answer is an authorization response for the client's redirect URI (RFC 6749 §4.1.2, OAuth 2.0 Multiple Response Types).
type Answer struct {
	// ClientID is whose answer it is.
	ClientID string
	// RedirectURI has been validated against the client's record.
	RedirectURI string
	// Mode is query, fragment or form_post.
	Mode string
	// Unvouched tells that nobody has vouched for the client, and that nobody has been asked anything: to follow such an answer
	// silently would make a redirector of us for whoever registers a client (RFC 9700 §4.11.2).
	Unvouched bool
	// Repeats names a parameter that the client sends again and again, though it must be new each time; it is for the log.
	Repeats string
	// Params are the parameters of the response, state and iss (RFC 9207) included.
	Params url.Values
}

// URL is the address to send the browser to, for the modes query and fragment.
func (a *Answer) URL() string {
	u, err := url.Parse(a.RedirectURI)
	if err != nil {
		return a.RedirectURI
	}
	if a.Mode == "fragment" {
		return a.RedirectURI + "#" + a.Params.Encode()
	}
	if u.RawQuery != "" {
		return a.RedirectURI + "&" + a.Params.Encode()
	}
	if u.ForceQuery {
		return a.RedirectURI + a.Params.Encode()
	}
	return a.RedirectURI + "?" + a.Params.Encode()
}

// Step is a page that /authorize needs the person to see. The page does its one thing, adds its proof to the sealed
// request (see Provider.Prove) and returns to /authorize with it.
type Step struct {
	// Name is one of the Step constants.
	Name string
	// Request is the sealed request, for a form field or the parameter "request" of a URL.
	Request string
	// Client asks; nil when someone signs in to Signet itself.
	Client *Client
	// RedirectURI is where the answer will go; it has been validated.
	RedirectURI string
	// RedirectHost is where the answer will go, for the person to see.
	RedirectHost string
	// LoginHint is what the client suggested as the name, or empty.
	LoginHint string
	// Fresh tells that an old sign-in does not do: the person is to prove now who they are.
	Fresh bool
	// Subject is who must sign in again, if that is settled.
	Subject string
	// Scopes are what is asked; Granted those of them that the person has granted before.
	Scopes, Granted []string
	// Denied tells that the person refused; it is set for StepDeviceDone alone.
	Denied bool
	// UILocales are the client's wishes for the language, best first.
	UILocales []string
}

// Names of steps.
const (
	StepLogin = "login"
	// StepFactor asks for a second factor beside the sign-in that there is.
	StepFactor = "factor"
	// StepSignUp makes an account; what settles it is the sign-in that follows.
	StepSignUp = "sign-up"
	StepSelect = "select"
	// StepDetails asks for attributes that the operator wants everybody to have.
	StepDetails = "details"
	// StepTerms asks to agree to the operator's terms.
	StepTerms   = "terms"
	StepConsent = "consent"
	// StepDevice answers a device's request (see Provider.Asking), StepDeviceDone tells the person what they have answered.
	StepDevice     = "device"
	StepDeviceDone = "device-done"
)

// Outcome of /authorize: exactly one field is set.
type Outcome struct {
	Answer *Answer
	Step   *Step
	// Errand is the page here that the person was on the way to; see Provider.Errand.
	Errand string
}
