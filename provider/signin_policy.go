package provider

import (
	"context"
	"fmt"
	"slices"

	"signet/provider/account"
)

// SignInPolicy says how people sign in. The zero value is a password and nothing else.
type SignInPolicy struct {
	// SecondFactor is one of the Factor constants.
	SecondFactor FactorPolicy
	// NoPassword lets nobody in by a password.
	NoPassword bool
	// Mail lets people in by a code, or a link, that is mailed to their proved address.
	Mail bool
	// NoUpgrade has no passkey made silently, after a sign-in with a password.
	NoUpgrade bool
	// Admins are the groups whose members FactorAdmins speaks of.
	Admins []string
}

// FactorPolicy says who is asked for a second factor when they sign in.
type FactorPolicy string

// The policies. The zero value is FactorOff.
const (
	// FactorOff asks nobody, and offers nobody to set one up.
	FactorOff FactorPolicy = "off"
	// FactorOptional asks those who have set one up.
	FactorOptional FactorPolicy = "optional"
	// FactorAdmins asks the members of some groups as well: those who have none set one up when they sign in.
	FactorAdmins FactorPolicy = "admins"
	// FactorAll asks everybody.
	FactorAll FactorPolicy = "all"
)

func (s SignInPolicy) check() error {
	known := []FactorPolicy{"", FactorOff, FactorOptional, FactorAdmins, FactorAll}
	if !slices.Contains(known, s.SecondFactor) {
		return fmt.Errorf("provider: second factor %q: allowed off, optional, admins, all", s.SecondFactor)
	}
	return nil
}

// OffersFactors tells whether people can have a second factor.
func (p *Provider) OffersFactors() bool {
	return p.signIn.SecondFactor != "" && p.signIn.SecondFactor != FactorOff
}

// DemandsFactor tells whether the policy wants a second factor of a person, whether they have one or not.
func (p *Provider) DemandsFactor(ctx context.Context, person *account.Person) (bool, error) {
	switch p.signIn.SecondFactor {
	case FactorAll:
		return true, nil
	case FactorAdmins:
		return p.inGroups(ctx, person, p.signIn.Admins)
	}
	return false, nil
}

// OffersPasswords tells whether people sign in by a password.
func (p *Provider) OffersPasswords() bool { return !p.signIn.NoPassword }

// OffersUpgrade tells whether a browser that can may make a passkey without a question, after a sign-in with a password.
func (p *Provider) OffersUpgrade() bool {
	return p.OffersPasswords() && !p.signIn.NoUpgrade && p.accounts.HasPasskeys()
}

// OffersMail tells whether people sign in by a mailed code.
func (p *Provider) OffersMail() bool { return p.signIn.Mail && p.accounts.HasPost() }

// Demand is what is still needed of a person who has proved one factor.
type Demand int

// The demands.
const (
	// DemandNothing lets them in.
	DemandNothing Demand = iota
	// DemandFactor asks for the second factor that they have.
	DemandFactor
	// DemandSetUp lets them set one up first.
	DemandSetUp
)

// AfterPassword is what is still needed of a person whose password, or mailed code, was right.
func (p *Provider) AfterPassword(ctx context.Context, person *account.Person) (Demand, error) {
	if !p.OffersFactors() {
		return DemandNothing, nil
	}
	factors, err := p.accounts.Factors(ctx, person.Subject)
	switch {
	case err != nil:
		return DemandFactor, err
	case factors.Second():
		return DemandFactor, nil
	}
	demanded, err := p.DemandsFactor(ctx, person)
	switch {
	case err != nil:
		return DemandFactor, err
	case demanded:
		return DemandSetUp, nil
	}
	return DemandNothing, nil
}
