package provider

import (
	"context"

	"signet/provider/account"
)

// Merge is what becomes of two accounts of one person, and what relying parties see of it.
type Merge struct {
	account.Merged
	// Applications knew the person by the account that goes: they have to be told that Before is After, who signs in from now on.
	// Nobody gets the former sub again.
	Applications []MergedSubject `json:"applications"`
	// Done tells that it has happened.
	Done bool `json:"done"`
}

// MergedSubject is how one client knew a person, and knows them from now on: their sub, pairwise or not.
type MergedSubject struct {
	ClientID string `json:"client_id"`
	Name     string `json:"client_name,omitempty"`
	Before   string `json:"sub_before"`
	After    string `json:"sub_after"`
}

// MergePeople makes one account a part of another: groups, passkeys, consents and what the other lacks go over; sessions and grants end,
// since every token names the account that goes. dry tells what would happen, and changes nothing. It goes on where it was cut short,
// and so does SweepPeople. It returns account.ErrUnknownPerson, account.ErrDeclared or account.ErrMerge.
func (p *Provider) MergePeople(ctx context.Context, from, into string, dry bool) (*Merge, error) {
	plan, err := p.accounts.PlanMerge(ctx, from, into)
	if err != nil {
		return nil, err
	}
	out := &Merge{Merged: *plan}
	if out.Applications, err = p.mergedSubjects(ctx, plan); err != nil || dry {
		return out, err
	}
	if _, _, err := p.accounts.BeginMerge(ctx, from, into); err != nil {
		return nil, err
	}
	if err := p.finishMerge(ctx, plan.From, plan.Into); err != nil {
		return nil, err
	}
	out.Done = true
	return out, nil
}

// finishMerge does what BeginMerge made certain.
func (p *Provider) finishMerge(ctx context.Context, from, into string) error {
	if err := p.accounts.MoveMerged(ctx, from, into); err != nil {
		return err
	}
	return p.erase(ctx, from)
}

// mergedSubjects are the clients that may know the account that goes: those that it allowed something.
func (p *Provider) mergedSubjects(ctx context.Context, plan *account.Merged) ([]MergedSubject, error) {
	person, err := p.accounts.Person(ctx, plan.From)
	if err != nil {
		return nil, err
	}
	apps, err := p.Applications(ctx, person)
	if err != nil {
		return nil, err
	}
	list := []MergedSubject{}
	for _, a := range apps {
		if a.Client != nil {
			list = append(list, MergedSubject{ClientID: a.ClientID, Name: a.Client.Name, Before: p.subjectFor(a.Client, plan.From), After: p.subjectFor(a.Client, plan.Into)})
		}
	}
	return list, nil
}
