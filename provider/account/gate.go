package account

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"signet/provider/limit"
)

// GateConfig says how fast passwords may be tried. A zero rate sets no limit.
type GateConfig struct {
	// Keeper counts; required.
	Keeper *limit.Keeper
	// Account is how many wrong passwords strangers may try for one account, Network how many may come from one /24 or /56.
	Account, Network limit.Rate
	// Device is how many may be tried for one account in one browser in which its owner has signed in before.
	Device limit.Rate
}

// However many browsers know an account, as each sign-in may make one: their tries together are these times Device, and those of all known
// browsers in one network these times Network.
const (
	KnownDevices = 3
	KnownNetwork = 4
)

// Gate stands before the check of passwords and slows down guessing, by account and by network. It delays and never locks. Every
// try is counted when it is let through, so that many at once are no way around it.
//
// Whoever tries often enough makes everybody else wait who does not know the password. So that they do not keep out the owner, a
// browser in which somebody has signed in before has a count of its own for that account, and what strangers do is not counted there.
// Whoever signs in again and again has many such browsers: so all of them together have counts, too.
type Gate struct {
	accounts         *Accounts
	keeper           *limit.Keeper
	account, network *limit.Limit
	// device is of one known browser, devices and deviceNetwork of all those of an account and of a network.
	device, devices, deviceNetwork *limit.Limit
}

// NewGate returns the gate of these accounts.
func (a *Accounts) NewGate(c GateConfig) *Gate {
	return &Gate{
		accounts: a, keeper: c.Keeper, account: c.Keeper.Limit("sign-in.account", c.Account),
		network: c.Keeper.Limit("sign-in.network", c.Network), device: c.Keeper.Limit("sign-in.device", c.Device),
		devices:       c.Keeper.Limit("sign-in.devices", c.Device.Times(KnownDevices)),
		deviceNetwork: c.Keeper.Limit("sign-in.device-network", c.Network.Times(KnownNetwork)),
	}
}

// Try is somebody's try to sign in with a password.
type Try struct {
	Identifier, Password string
	// Address is the client's own; loopback is an address as any other.
	Address netip.Addr
	// Device is the browser; the zero value is one in which nobody has signed in.
	Device Device
}

// WaitError says that too much was tried. It tells nothing of what was tried.
type WaitError struct {
	// Wait is how long to wait before the next try.
	Wait time.Duration
}

func (e *WaitError) Error() string {
	return fmt.Sprintf("account: too many tries: wait %s", e.Wait)
}

// Authenticate is Accounts.Authenticate for who has not tried too often; else a *WaitError, and no hash is computed. A right
// password frees the account from delay, or the browser that is known; tries of others from the same network stay.
func (g *Gate) Authenticate(ctx context.Context, t Try) (*Person, error) {
	key, err := g.accounts.AccountKey(ctx, t.Identifier)
	if err != nil {
		return nil, err
	}
	uses, known := g.uses(t, key)
	if wait := g.keeper.Take(ctx, uses...); wait > 0 {
		return nil, &WaitError{wait}
	}
	judged := ctx
	if known {
		judged = reserved(ctx)
	}
	p, err := g.accounts.authenticate(judged, key, t.Identifier, t.Password)
	switch {
	case err == nil:
		uses[0].Limit.Forget(uses[0].Key)
		g.keeper.GiveBack(uses[1:]...)
	case !errors.Is(err, ErrRefused): // it was not judged
		g.keeper.GiveBack(uses...)
	}
	return p, err
}

// uses are the buckets of a try, its account's or its browser's first, and whether the browser is known.
func (g *Gate) uses(t Try, key AccountKey) (uses []limit.Use, known bool) {
	network := limit.NetworkKey(t.Address)
	if lane, known := t.Device.Lane(key); known {
		return []limit.Use{{Limit: g.device, Key: lane}, {Limit: g.devices, Key: key}, {Limit: g.deviceNetwork, Key: network}}, true
	}
	return []limit.Use{{Limit: g.account, Key: key}, {Limit: g.network, Key: network}}, false
}

// AccountKey stands for an account in a limit, whoever spells it how. It says nothing of the account.
type AccountKey = limit.Key

// AccountKey returns the key of what someone typed to say who they are: the same for a person's username and e-mail
// address in any spelling, and as good as another person's for who does not exist.
func (a *Accounts) AccountKey(ctx context.Context, identifier string) (AccountKey, error) {
	p, err := a.resolve(ctx, identifier)
	switch {
	case err == nil:
		return a.accountKey("sub", p.Subject), nil
	case !errors.Is(err, ErrUnknownPerson):
		return AccountKey{}, err
	}
	if look, err := a.canonical(identifier); err == nil {
		return a.accountKey(look.field, look.key.ID), nil
	}
	return a.accountKey("nobody", ""), nil
}

func (a *Accounts) accountKey(kind, value string) AccountKey {
	return AccountKey(a.db.Hash("account.limit", []byte(kind+"\x00"+value)))
}
