package provider

import (
	"slices"

	"github.com/ory/fosite"

	"signet/provider/account"
	"signet/provider/account/attribute"
)

// reason is a row of the table of reasons to stop and ask the person.
type reason struct {
	// Name is for the log and the development console.
	Name string
	// Step is the page that can settle it.
	Step string
	// Refusal is what it becomes under prompt=none (OIDC Core §3.1.2.6).
	Refusal string
	// Applies tells whether the reason stands.
	Applies func(q *question) bool
}

// reasons are in the order in which a person is asked: whether they have an account, who they are, then which of their accounts, then what they have
// not said of themselves, then what they allow.
var reasons = []reason{
	{"prompt=create", StepSignUp, "E-PROMPT-01", (*question).createAsked},
	{"nobody is signed in", StepLogin, "E-PROMPT-01", func(q *question) bool { return q.person == nil }},
	{"prompt=login", StepLogin, "E-PROMPT-01", (*question).loginAsked},
	{"max_age has passed", StepLogin, "E-PROMPT-01", (*question).tooOld},
	{"id_token_hint names another person", StepLogin, "E-PROMPT-01", (*question).hintedOther},
	{"the sign-in does not reach the acr that is demanded", StepLogin, "E-PROMPT-01", (*question).acrMissing},
	{"prompt=select_account", StepSelect, "E-PROMPT-04", (*question).selectAsked},
	{"a second factor has to be set up", StepLogin, "E-PROMPT-01", (*question).setUpStale},
	{"a second factor is missing", StepFactor, "E-PROMPT-01", (*question).factorAsked},
	{"the terms are others than the person has agreed to", StepTerms, "E-PROMPT-03", (*question).termsOpen},
	{"attributes that everybody is asked for are missing", StepDetails, "E-PROMPT-03", (*question).detailsMissing},
	{"prompt=consent", StepConsent, "E-PROMPT-02", (*question).consentAsked},
	{"consent is missing", StepConsent, "E-PROMPT-02", (*question).consentMissing},
}

// question is what the reasons look at.
type question struct {
	*intent
	// parsed is what fosite made of the request.
	parsed  fosite.AuthorizeRequester
	request *Request
	session *account.Session
	person  *account.Person
	// subject is how the client knows the person.
	subject string
	// granted are the scopes that the person has granted the client before.
	granted []string
	// known tells whether the person has consented to the client at all, consent is the number of what they said.
	known   bool
	consent uint32
	// demanded is the rank of the acr that the sign-in must reach, wished of the one that it should, offered of the best there is.
	demanded, wished, offered int
	// terms is the version of the terms that everybody must have agreed to; empty for none.
	terms string
	// factors tells whether people can have a second factor, second whether this one has, where that matters.
	factors, second bool
	now             int64
	// attributes are those that people have beside the standard claims.
	attributes *attribute.Set
}

// firstReason is the first that stands, or nil if there is nothing to ask.
func (q *question) firstReason() *reason {
	for i := range reasons {
		if reasons[i].Applies(q) {
			return &reasons[i]
		}
	}
	return nil
}

func (q *question) proven(step string) bool {
	_, ok := q.request.proof(step, q.person.Subject)
	return ok
}

// freshLogin tells whether this very request has brought a sign-in about. The session must be as new as its proof says: an
// older one of the same person, gone back to, proves nothing.
func (q *question) freshLogin() bool {
	return q.proven(StepLogin) && q.session.AuthTime >= q.request.At
}

// createAsked is settled by a sign-in: whoever has an account by now has shown that they can get into it (Initiating User
// Registration via OpenID Connect 1.0 §4).
func (q *question) createAsked() bool {
	return slices.Contains(q.prompts, "create") && (q.person == nil || !q.freshLogin())
}

func (q *question) loginAsked() bool {
	return slices.Contains(q.prompts, "login") && !q.freshLogin()
}

// tooOld holds the sign-in to max_age (OIDC Core §3.1.2.1), where 0 is prompt=login. A sign-in that this very request asked
// for is fresh enough, or a small max_age could never be met.
func (q *question) tooOld() bool {
	return q.maxAge >= 0 && (q.maxAge == 0 || q.now > q.session.AuthTime+q.maxAge) && !q.freshLogin()
}

func (q *question) hintedOther() bool {
	return q.hintSubject != "" && q.hintSubject != q.subject
}

// selectAsked is also settled by a sign-in: whoever has just typed a name has chosen.
func (q *question) selectAsked() bool {
	return slices.Contains(q.prompts, "select_account") && !q.proven(StepSelect) && !q.freshLogin()
}

// detailsMissing asks people once for what they have not said. What the configuration says of a person, they cannot.
func (q *question) detailsMissing() bool {
	return !q.person.Declared && len(q.attributes.Missing(q.person.Attributes)) > 0 && !q.proven(StepDetails)
}

func (q *question) consentAsked() bool {
	return slices.Contains(q.prompts, "consent") && !q.consented()
}

// consentMissing leaves the owner's own clients alone. A public client at an address that any program on the device could
// take is asked for every time (RFC 8252 §8.6).
func (q *question) consentMissing() bool {
	if q.client.FirstParty || q.consented() {
		return false
	}
	if q.client.Public() && !isHTTPS(q.redirectURI) {
		return true
	}
	return !q.known || !containsAll(q.granted, q.asked)
}

// consented tells whether this request itself has been consented to, with all that it asks for.
func (q *question) consented() bool {
	p, ok := q.request.proof(StepConsent, q.person.Subject)
	return ok && !p.Denied && containsAll(p.Scopes, q.asked)
}

func containsAll(have, want []string) bool {
	for _, w := range want {
		if !slices.Contains(have, w) {
			return false
		}
	}
	return true
}
