package templates

import "time"

// ShownFactor is a factor as its owner sees it.
type ShownFactor struct {
	// Kind is "totp", "recovery" or "passkey"; ID names it among those of its kind, Name is its owner's word for it.
	Kind, ID, Name string
	// Left is how many recovery codes there are.
	Left int
	// Used is zero for never.
	Created, Used time.Time
}

// App is the authenticator app, if there is one.
func (p Security) App() *ShownFactor { return p.first("totp") }

// Recovery are the recovery codes that are left, if there are any.
func (p Security) Recovery() *ShownFactor { return p.first("recovery") }

// Second tells whether there is a second factor.
func (p Security) Second() bool { return p.App() != nil || len(p.Passkeys()) > 0 }

// Passkeys are the person's.
func (p Security) Passkeys() []ShownFactor {
	var list []ShownFactor
	for _, f := range p.Factors {
		if f.Kind == "passkey" {
			list = append(list, f)
		}
	}
	return list
}

func (p Security) first(kind string) *ShownFactor {
	for i := range p.Factors {
		if p.Factors[i].Kind == kind {
			return &p.Factors[i]
		}
	}
	return nil
}
