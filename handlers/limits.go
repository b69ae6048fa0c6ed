package handlers

import (
	"context"
	"net/http"
	"time"

	"signet/provider"
	"signet/provider/limit"
)

// Rate is a number of events in a time. The zero Rate sets no limit.
type Rate = limit.Rate

// SignInLimits bound the wrong passwords. A zero Rate sets no limit.
type SignInLimits struct {
	// Account is for one account, Network for one network, Device for one account in a browser in which its owner has signed in.
	Account, Network, Device Rate
}

// MailLimits bound how many mails people can ask for. A zero Rate sets no limit.
type MailLimits struct {
	// Account is for one account or address, Network for one network.
	Account, Network Rate
}

// DeviceLimits bound the device grant. A zero Rate sets no limit.
type DeviceLimits struct {
	// Start is how many devices of one client from one network may begin to wait.
	Start Rate
	// Person, Network and All are how many wrong codes one person, one network, and everybody together may type. Together with
	// provider.Config.MaxDevices they say how likely it is that a guess is right (RFC 8628 §5.1): each wrong code is one of 20⁸.
	Person, Network, All Rate
}

// What is not configured: factors and mailed codes from one network, those of many people; passkeys that fit nobody, from one address;
// trips to other providers, each a record for ten minutes; names and passwords that a directory judges, by the name, by the entry and by
// the network, and those from all known browsers together;
// mailed codes that are judged for one person, beside the few wrong ones that each code bears: of 10^8 codes that finds one in
// centuries, however many mails may be asked for.
var (
	mailCodesOfPerson   = Rate{Count: 30, Per: time.Hour}
	factorsFromNetwork  = Rate{Count: 120, Per: 2 * time.Minute}
	tripsOfBrowser      = Rate{Count: 30, Per: 5 * time.Minute}
	tripsFromNetwork    = Rate{Count: 500, Per: 10 * time.Minute}
	directoryAccounts   = Rate{Count: 10, Per: 15 * time.Minute}
	directoryNetworks   = Rate{Count: 100, Per: 15 * time.Minute}
	directoryKnown      = Rate{Count: 20, Per: 15 * time.Minute}
	passkeysFromAddress = Rate{Count: 5, Per: 15 * time.Minute}
)

// limits are what may be done only so often, beside sign-ins with a password, of which account.Gate knows.
type limits struct {
	keeper                                     *limit.Keeper
	clients, pushes, starts                    *limit.Limit
	registrations, allRegistrations            *limit.Limit
	signUps                                    *limit.Limit
	codesPerson, codesNetwork, codesAltogether *limit.Limit
	factors, passkeys, mailCodes               *limit.Limit
	tripsBrowser, tripsNetwork                 *limit.Limit
	mails                                      mailLimits
	directory                                  directoryLimits
}

func newLimits(c Config) limits {
	k := c.Limits
	return limits{
		keeper:  k,
		clients: k.Limit("client", c.ClientFailures), pushes: k.Limit("push", c.PublicPushes), starts: k.Limit("device.start", c.Devices.Start),
		registrations: k.Limit("registration.network", c.RegistrationsEach), allRegistrations: k.Limit("registration.all", c.RegistrationsAll),
		mails: newMailLimits(k, c.Mails), signUps: k.Limit("sign-up.network", c.SignUp.Network),
		codesPerson: k.Limit("device.person", c.Devices.Person), codesNetwork: k.Limit("device.network", c.Devices.Network),
		codesAltogether: k.Limit("device.all", c.Devices.All),
		factors:         k.Limit("factor.network", factorsFromNetwork), passkeys: k.Limit("passkey.address", passkeysFromAddress),
		mailCodes:    k.Limit("mail-code.person", mailCodesOfPerson),
		directory:    newDirectoryLimits(k),
		tripsBrowser: k.Limit("trip.browser", tripsOfBrowser), tripsNetwork: k.Limit("trip.network", tripsFromNetwork),
	}
}

// everybody stands for all people together.
var everybody limit.Key

// take counts once more, or refuses.
func (l *limits) take(ctx context.Context, uses ...limit.Use) error {
	if wait := l.keeper.Take(ctx, uses...); wait > 0 {
		return tooMany(wait)
	}
	return nil
}

func tooMany(wait time.Duration) error { return &waitError{refuse(codeThrottled), wait} }

// networkOf is the network that a request comes from.
func networkOf(r *http.Request) limit.Key { return limit.NetworkKey(ClientAddr(r)) }

// claimedFrom is the client that a request claims to be of, in its network: whoever is held up there, nobody else is.
func claimedFrom(r *http.Request) limit.Key { return clientFrom(r, provider.ClaimedClient(r)) }

func clientFrom(r *http.Request, client string) limit.Key {
	network := networkOf(r)
	return limit.KeyOf(string(network[:]), client)
}
