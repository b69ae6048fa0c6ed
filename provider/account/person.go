package account

import (
	"encoding/json"
	"maps"
	"slices"

	"signet/keys"
	"signet/provider/account/attribute"
	"signet/storage"
)

// personKind holds people by subject.
var personKind = &storage.Kind{Name: "person", Notify: true}

// Person is someone who can sign in. JSON of it, and claims, never hold the password.
type Person struct {
	// Subject is the `sub` claim: given once, random, never used again for anyone else.
	Subject string `json:"sub"`
	// Username is in canonical form (see CanonicalUsername); it may be empty if there is an Email.
	Username string `json:"username,omitempty"`
	// Email is as its owner writes it, its domain in ASCII (see CanonicalEmail).
	Email         string `json:"email,omitempty"`
	EmailVerified bool   `json:"email_verified,omitempty"`
	Profile
	// Groups are names of existing groups, sorted.
	Groups []string `json:"groups,omitempty"`
	// Attributes are those that the operator defines, beside the standard claims.
	Attributes attribute.Values `json:"attributes,omitempty"`
	// Password is its hash, as a PHC string or in a format of package oldhash, or empty for people without one.
	Password keys.Secret `json:"-"`
	// Disabled, Locked, Expires and Leaving make the state; see StateAt. Locked is why, in the operator's words, and empty for a
	// person who is not; Expires is until when the account is good, in Unix seconds, and 0 for ever.
	Disabled bool     `json:"disabled,omitempty"`
	Locked   string   `json:"locked,omitempty"`
	Expires  int64    `json:"expires,omitempty"`
	Leaving  *Leaving `json:"leaving,omitempty"`
	// Terms are what the person has agreed to last; nil for nothing.
	Terms *Agreement `json:"terms,omitempty"`
	// Epoch is copied by all that is issued for the person; what carries an older one has ended.
	Epoch uint32 `json:"epoch,omitempty"`
	// Created and Updated are in Unix seconds; Updated is the `updated_at` claim.
	Created int64 `json:"created"`
	Updated int64 `json:"updated"`
	// Declared people come from the configuration and can be changed only there.
	Declared bool `json:"declared,omitempty"`

	// version is the stored record's, for changes that build on what was read.
	version uint64
	// veil is the key of what is personal in the audit trail; see audit.Trail.SetVeil.
	veil []byte
	// noted is up to when what the time brings was done about them, in Unix seconds; see due.
	noted int64
	// verified is the address that EmailVerified speaks of, called the number that PhoneVerified does.
	verified, called string
}

// SetEmail changes the address and says whether its ownership was proved. An edit that assigns Email in another way leaves
// the new address unverified, so that no proof is ever carried over to another address.
func (p *Person) SetEmail(address string, verified bool) {
	p.Email, p.EmailVerified, p.verified = address, verified, address
}

// SetPhone changes the phone number and says whether its ownership was proved, as SetEmail does for the address.
func (p *Person) SetPhone(number string, verified bool) {
	p.PhoneNumber, p.PhoneVerified, p.called = number, verified, number
}

// clone returns a copy that shares nothing with p.
func (p *Person) clone() *Person {
	c := *p
	c.Groups = slices.Clone(p.Groups)
	c.Attributes = maps.Clone(p.Attributes)
	if p.Address != nil {
		address := *p.Address
		c.Address = &address
	}
	if p.Leaving != nil {
		leaving := *p.Leaving
		c.Leaving = &leaving
	}
	if p.Terms != nil {
		terms := *p.Terms
		c.Terms = &terms
	}
	return &c
}

// storedPerson is a person's record: the person with what the person's own JSON leaves out.
type storedPerson struct {
	Person
	Hash  string `json:"password,omitempty"`
	Noted int64  `json:"noted,omitempty"`
	Veil  []byte `json:"veil,omitempty"`
}

var personCodec = storage.Codec[Person]{
	Marshal: func(p *Person) ([]byte, error) {
		return json.Marshal(storedPerson{Person: *p, Hash: p.Password.Reveal(), Noted: p.noted, Veil: p.veil})
	},
	Unmarshal: func(data []byte, p *Person) error {
		var s storedPerson
		if err := json.Unmarshal(data, &s); err != nil {
			return err
		}
		*p = s.Person
		p.Password, p.verified, p.called, p.noted, p.veil = keys.Secret(s.Hash), s.Email, s.PhoneNumber, s.Noted, s.Veil
		return nil
	},
}

// Indexes of people: by name to page and search, by group, and see indexDue.
const (
	indexName  = "name"
	indexGroup = "group"
)

// personTerms lists people by username, or by subject if they have none: an e-mail address is not left readable in the file.
func personTerms(p *Person) []storage.Term {
	name := p.Username
	if name == "" {
		name = p.Subject
	}
	terms := append([]storage.Term{{Index: indexName, Value: name, Ordered: true}}, dueTerm(p)...)
	for _, g := range p.Groups {
		terms = append(terms, groupTerm(g))
	}
	return terms
}

func groupTerm(name string) storage.Term {
	return storage.Term{Index: indexGroup, Value: groupID(name)}
}
