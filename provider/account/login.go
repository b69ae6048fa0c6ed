package account

import (
	"context"
	"strings"

	"signet/storage"
)

// loginKind makes usernames and e-mail addresses unique: its id is the keyed hash of the canonical form.
var loginKind = &storage.Kind{Name: "login"}

// login is the person that a username or an e-mail address belongs to.
type login struct {
	Subject string `json:"sub"`
}

// handle is one identifier of a person as it is made unique.
type handle struct {
	field, value string
	key          storage.Key
}

func (a *Accounts) handle(field, value, unique string) handle {
	id := a.db.Hash("account.login", []byte(field+"\x00"+unique))
	return handle{field: field, value: value, key: a.logins.Key(string(id), 0)}
}

// handles are the identifiers of a settled person.
func (a *Accounts) handles(p *Person) []handle {
	var list []handle
	if p.Username != "" {
		list = append(list, a.handle("username", p.Username, Skeleton(p.Username)))
	}
	if p.Email != "" {
		if _, unique, err := CanonicalEmail(p.Email); err == nil {
			list = append(list, a.handle("email", p.Email, unique))
		}
	}
	return list
}

// lookup is the canonical form of what someone typed to say who they are.
type lookup struct {
	handle
	// username is set if it is one: names are unique by skeleton, but a look-alike must not find the person.
	username string
}

// canonical reads an identifier as an e-mail address if it has an at sign, which usernames never have, or as a username.
func (a *Accounts) canonical(identifier string) (lookup, error) {
	if strings.ContainsRune(identifier, '@') {
		address, unique, err := CanonicalEmail(identifier)
		return lookup{handle: a.handle("email", address, unique)}, err
	}
	name, err := CanonicalUsername(identifier)
	return lookup{handle: a.handle("username", name, Skeleton(name)), username: name}, err
}

// resolve finds whom a username or an e-mail address belongs to. It returns ErrUnknownPerson for every identifier that is
// nobody's, whatever its form.
func (a *Accounts) resolve(ctx context.Context, identifier string) (*Person, error) {
	look, err := a.canonical(identifier)
	if err != nil {
		return nil, ErrUnknownPerson
	}
	row, err := a.logins.Get(ctx, look.key.ID, 0)
	if isNotFound(err) {
		// As many reads as for somebody, so that the time says nothing.
		return a.people.get(ctx, nobody)
	}
	if err != nil {
		return nil, err
	}
	p, err := a.people.get(ctx, row.Value.Subject)
	if err == nil && look.username != "" && look.username != p.Username {
		return nil, ErrUnknownPerson
	}
	return p, err
}

// nobody has a subject's form and is never one: it is all zeros.
var nobody = subjectPrefix + subjectEncoding.EncodeToString(make([]byte, subjectBytes))

// claimHandles appends what makes the person's identifiers theirs, and frees those of before that are theirs no more. before
// is nil for a new person. An identifier of someone else's is a TakenError.
func (a *Accounts) claimHandles(ctx context.Context, b *storage.Batch, before, after *Person) error {
	var held []handle
	if before != nil {
		held = a.handles(before)
	}
	wanted := a.handles(after)
	for _, h := range without(wanted, held) {
		if err := a.claim(ctx, b, h, after.Subject); err != nil {
			return err
		}
	}
	for _, h := range without(held, wanted) {
		b.Then = append(b.Then, storage.Write{Record: storage.Record{Key: h.key}, Delete: true})
	}
	return nil
}

func (a *Accounts) claim(ctx context.Context, b *storage.Batch, h handle, subject string) error {
	_, err := a.logins.Get(ctx, h.key.ID, 0)
	if err == nil {
		return &TakenError{Field: h.field, Value: h.value}
	}
	if !isNotFound(err) {
		return err
	}
	return a.logins.Create(b, h.key, &login{Subject: subject})
}

// without returns those of list whose key is not among others'.
func without(list, others []handle) []handle {
	var left []handle
	for _, h := range list {
		found := false
		for _, o := range others {
			found = found || o.key.ID == h.key.ID
		}
		if !found {
			left = append(left, h)
		}
	}
	return left
}
