package account

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"signet/provider/account/attribute"
	"signet/provider/audit"
	"signet/storage"
)

// ErrMerge says that two accounts cannot become one.
var ErrMerge = errors.New("account: cannot be merged")

// Merged is what goes from one account into another: what the other has already stays as it is there.
type Merged struct {
	// From and Into are the subjects. From is nobody's afterwards.
	From string `json:"from"`
	Into string `json:"into"`
	// Members are the names of the members of Person that Into lacked.
	Members []string `json:"members"`
	Groups  []string `json:"groups"`
	// TOTP, Password and Passkeys tell what Into can prove who it is with besides.
	TOTP     bool     `json:"totp,omitempty"`
	Password bool     `json:"password,omitempty"`
	Passkeys []string `json:"passkeys"`
	// Connections are the other providers with which FROM was connected.
	Connections []string `json:"connections"`
	// Dropped are what is deleted with From: names that become free, and factors that Into has already or cannot have.
	Dropped []string `json:"dropped"`
}

// PlanMerge tells what BeginMerge and MoveMerged would do. It returns ErrUnknownPerson, ErrDeclared or ErrMerge.
func (a *Accounts) PlanMerge(ctx context.Context, from, into string) (*Merged, error) {
	f, i, err := a.mergeable(ctx, from, into)
	if err != nil {
		return nil, err
	}
	var look storage.Batch
	return a.move(ctx, &look, f, i)
}

// mergeable reads two people that can become one.
func (a *Accounts) mergeable(ctx context.Context, from, into string) (f, i storage.Row[Person], err error) {
	rows := [2]storage.Row[Person]{}
	for n, identifier := range []string{from, into} {
		p, err := a.FindPerson(ctx, identifier)
		if err != nil {
			return f, i, err
		}
		if rows[n], err = a.people.fresh(ctx, p.Subject); err != nil {
			return f, i, err
		}
		if rows[n].Value.Declared {
			return f, i, fmt.Errorf("%w: %s", ErrDeclared, identifier)
		}
	}
	f, i = rows[0], rows[1]
	begun := f.Value.Leaving != nil && f.Value.Leaving.Into == i.Value.Subject
	switch {
	case f.Value.Subject == i.Value.Subject:
		err = fmt.Errorf("%w: %s and %s are one account", ErrMerge, from, into)
	case i.Value.Leaving != nil || f.Value.Leaving != nil && !begun:
		err = fmt.Errorf("%w: one of them is about to be deleted", ErrMerge)
	}
	return f, i, err
}

// BeginMerge makes it certain that one account becomes a part of another: from then on it is good for nothing, and provider.SweepPeople
// goes on if the program is killed. It returns the subjects, or what PlanMerge does. To begin again is no error.
func (a *Accounts) BeginMerge(ctx context.Context, from, into string) (subject, target string, err error) {
	err = a.retry(ctx, func(b *storage.Batch) error {
		f, i, err := a.mergeable(ctx, from, into)
		if err != nil {
			return err
		}
		subject, target = f.Value.Subject, i.Value.Subject
		if f.Value.Leaving != nil {
			return nil
		}
		// Whoever is told of the end must still be there when it comes.
		b.If = append(b.If, storage.Condition{Key: i.Key, Version: i.Version})
		now := a.unix()
		if _, err := a.update(ctx, b, f, func(p *Person) error {
			p.Leaving = &Leaving{Asked: now, Ends: now, ByOperator: true, Into: target}
			return nil
		}); err != nil {
			return err
		}
		for of, facts := range map[string]map[string]string{subject: {"into": target}, target: {"from": subject}} {
			if err := a.Record(ctx, b, audit.Event{Kind: "person.merged", Subject: of, Facts: facts}); err != nil {
				return err
			}
		}
		return nil
	})
	return subject, target, err
}

// MoveMerged moves what goes into the other account, in one batch for the people and their factors and in others for the consents. To
// move again moves what is left. If the other account is there no more, there is nothing to do.
func (a *Accounts) MoveMerged(ctx context.Context, from, into string) error {
	err := a.retry(ctx, func(b *storage.Batch) error {
		f, err := a.people.fresh(ctx, from)
		if err != nil {
			return err
		}
		i, err := a.people.fresh(ctx, into)
		if err != nil {
			return err
		}
		_, err = a.move(ctx, b, f, i)
		return err
	})
	if isNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	return a.moveConsents(ctx, from, into)
}

// move appends what goes from one person to another.
func (a *Accounts) move(ctx context.Context, b *storage.Batch, f, i storage.Row[Person]) (*Merged, error) {
	out := &Merged{From: f.Value.Subject, Into: i.Value.Subject, Members: []string{}, Groups: []string{}, Passkeys: []string{}, Connections: []string{}, Dropped: []string{}}
	if err := a.moveFactors(ctx, b, f, i, out); err != nil {
		return nil, err
	}
	if err := a.moveConnections(ctx, b, f.Value.Subject, i.Value.Subject, out); err != nil {
		return nil, err
	}
	_, err := a.update(ctx, b, i, func(p *Person) error {
		from := &f.Value
		if p.Password == "" && from.Password != "" {
			p.Password, out.Password = from.Password, true
		}
		a.moveProfile(p, from, out)
		for _, g := range from.Groups {
			if !slices.Contains(p.Groups, g) && len(p.Groups) < maxGroups {
				p.Groups, out.Groups = append(p.Groups, g), append(out.Groups, g)
			}
		}
		if p.Terms == nil {
			p.Terms = from.Terms
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for what, value := range map[string]string{"username": f.Value.Username, "email": f.Value.Email} {
		if value != "" {
			out.Dropped = append(out.Dropped, what)
		}
	}
	slices.Sort(out.Dropped)
	return out, nil
}

// moveProfile fills in what somebody has not said of themselves.
func (a *Accounts) moveProfile(p, from *Person, out *Merged) {
	if p.Address == nil && from.Address != nil {
		address := *from.Address
		p.Address, out.Members = &address, append(out.Members, "address")
	}
	for _, name := range slices.Sorted(maps.Keys(from.Attributes)) {
		if _, has := p.Attributes[name]; has {
			continue
		}
		if p.Attributes == nil {
			p.Attributes = attribute.Values{}
		}
		p.Attributes[name], out.Members = from.Attributes[name], append(out.Members, name)
	}
	said := map[string]string{}
	for _, field := range from.Profile.fields() {
		said[field.name] = *field.value
	}
	for _, field := range p.Profile.fields() {
		if *field.value != "" || said[field.name] == "" {
			continue
		}
		if out.Members = append(out.Members, field.name); field.name == "phone_number" {
			p.SetPhone(said[field.name], from.PhoneVerified)
			continue
		}
		*field.value = said[field.name]
	}
}

// moveFactors appends that the factors of one person are another's, as far as that one lacks them. Recovery codes are not: they are of
// one account.
func (a *Accounts) moveFactors(ctx context.Context, b *storage.Batch, f, i storage.Row[Person], out *Merged) error {
	from, err := a.Factors(ctx, f.Value.Subject)
	if err != nil {
		return err
	}
	into, err := a.Factors(ctx, i.Value.Subject)
	if err != nil || from.version == 0 {
		return err
	}
	if from.TOTP != nil && into.TOTP == nil {
		into.TOTP, out.TOTP = from.TOTP, true
	} else if from.TOTP != nil {
		out.Dropped = append(out.Dropped, FactorTOTP)
	}
	if len(from.Recovery) > 0 {
		out.Dropped = append(out.Dropped, FactorRecovery)
	}
	into.Passkeys = slices.Clone(into.Passkeys)
	for _, k := range from.Passkeys {
		if len(into.Passkeys) >= maxPasskeys {
			out.Dropped = append(out.Dropped, FactorPasskey+" "+k.Name)
			b.Then = append(b.Then, storage.Write{Record: storage.Record{Key: a.passkeyKey(k.ID)}, Delete: true})
			continue
		}
		if k.Holder == "" {
			k.Holder = from.subject
		}
		into.Passkeys, out.Passkeys = append(into.Passkeys, k), append(out.Passkeys, k.Name)
		var create storage.Batch
		if err := a.passkeys.Create(&create, a.passkeyKey(k.ID), &passkeyOwner{Subject: into.subject}); err != nil {
			return err
		}
		b.Then = append(b.Then, create.Then...)
	}
	if err := a.keepFactors(b, &Factors{subject: from.subject, version: from.version}); err != nil {
		return err
	}
	if !out.TOTP && len(out.Passkeys) == 0 {
		return nil
	}
	return a.keepFactors(b, into)
}

// moveConnections appends that who is known from other providers as one person is another, as many as can be.
func (a *Accounts) moveConnections(ctx context.Context, b *storage.Batch, from, into string, out *Merged) error {
	source, err := a.connectionsOf(ctx, from)
	if err != nil || source.Version == 0 {
		return err
	}
	target, err := a.connectionsOf(ctx, into)
	if err != nil {
		return err
	}
	rows, err := a.identityRows(ctx, source.Value.IDs)
	if err != nil {
		return err
	}
	ids := slices.Clone(target.Value.IDs)
	for _, row := range rows {
		if len(ids) >= maxConnections {
			out.Dropped = append(out.Dropped, "connection "+row.Value.Source)
			a.identities.Delete(b, row)
			continue
		}
		moved := row.Value
		moved.Owner = into
		if err := a.identities.Update(b, row, &moved); err != nil {
			return err
		}
		ids, out.Connections = append(ids, row.ID), append(out.Connections, row.Value.Source)
	}
	a.connected.Delete(b, source)
	return a.keepConnections(b, into, target, ids)
}

// moveConsents lets somebody allow clients what another allowed them, a page at a time.
func (a *Accounts) moveConsents(ctx context.Context, from, into string) error {
	const atOnce = 50
	for {
		page, _, err := a.Consents.List(ctx, from, "", atOnce)
		if err != nil || len(page) == 0 {
			return err
		}
		err = a.retry(ctx, func(b *storage.Batch) error {
			for _, given := range page {
				a.Consents.Withdraw(b, given)
				given.Subject = into
				if err := a.Consents.inherit(ctx, b, given); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
}

// inherit appends a consent of somebody else to a person's own, unless theirs is to the client as it is in another time.
func (c *Consents) inherit(ctx context.Context, b *storage.Batch, given Consent) error {
	row, err := c.table.Get(ctx, consentKey(given.Subject, given.ClientID).ID, 0)
	if err == nil && row.Value.ClientEpoch > given.ClientEpoch {
		return nil
	}
	if err != nil && !isNotFound(err) {
		return err
	}
	return c.Remember(ctx, b, Consent{Subject: given.Subject, ClientID: given.ClientID, ClientEpoch: given.ClientEpoch, Scopes: given.Scopes})
}
