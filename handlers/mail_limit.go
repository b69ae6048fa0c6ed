package handlers

import (
	"net/http"

	"signet/provider/account"
	"signet/provider/limit"
)

// mailErrand is what a mail is asked for. Each has buckets of its own: who uses up one of them keeps nobody from the others.
type mailErrand string

const (
	mailForAddress  mailErrand = "address"
	mailForRecovery mailErrand = "recovery"
	mailForCode     mailErrand = "code"
)

// mailLimits bound the mails that are asked for: by strangers for one account or address and from one network, in one browser that knows
// the account, and in all known browsers of an account and of a network.
type mailLimits struct {
	account, network               *limit.Limit
	device, devices, deviceNetwork *limit.Limit
}

func newMailLimits(k *limit.Keeper, c MailLimits) mailLimits {
	return mailLimits{
		account: k.Limit("mail.account", c.Account), network: k.Limit("mail.network", c.Network),
		device: k.Limit("mail.device", c.Account), devices: k.Limit("mail.devices", c.Account.Times(account.KnownDevices)),
		deviceNetwork: k.Limit("mail.device-network", c.Network.Times(account.KnownNetwork)),
	}
}

// uses are the buckets of a mail, its account's or its browser's first. What strangers ask for in somebody's name is not counted in a
// browser that knows them.
func (l *mailLimits) uses(r *http.Request, d account.Device, errand mailErrand, key account.AccountKey) []limit.Use {
	of := func(key limit.Key) limit.Key { return limit.KeyOf(string(errand), string(key[:])) }
	if lane, known := d.Lane(key); known {
		return []limit.Use{{Limit: l.device, Key: of(lane)}, {Limit: l.devices, Key: of(key)}, {Limit: l.deviceNetwork, Key: networkOf(r)}}
	}
	return []limit.Use{{Limit: l.account, Key: of(key)}, {Limit: l.network, Key: networkOf(r)}}
}
