package outbound

import (
	"fmt"
	"net"
	"net/netip"
)

// addresses judges where a connection may go.
type addresses struct {
	allow []netip.Prefix
	own   func() []netip.Addr
}

// check takes public addresses and those that the operator has listed.
func (a addresses) check(to netip.Addr) error {
	to = to.Unmap().WithZone("")
	if a.listed(to) || public(to) && !a.isOwn(to) {
		return nil
	}
	return fmt.Errorf("%w: %s", ErrAddress, to)
}

// checkPlain takes only loopback addresses that the operator has listed: without TLS nobody knows who answers elsewhere.
func (a addresses) checkPlain(to netip.Addr) error {
	to = to.Unmap().WithZone("")
	if to.IsLoopback() && a.listed(to) {
		return nil
	}
	return fmt.Errorf("%w, and without TLS only a loopback address that it lists is reached: %s", ErrAddress, to)
}

func (a addresses) listed(to netip.Addr) bool {
	for _, network := range a.allow {
		if network.Contains(to) {
			return true
		}
	}
	return false
}

// isOwn tells whether an address is this machine's: what listens there for the machine itself may not be meant for others.
func (a addresses) isOwn(to netip.Addr) bool {
	for _, own := range a.own() {
		if own.Unmap().WithZone("") == to {
			return true
		}
	}
	return false
}

// ownAddresses are those of the machine's interfaces.
func ownAddresses() []netip.Addr {
	list, err := net.InterfaceAddrs()
	if err != nil {
		return nil
	}
	var own []netip.Addr
	for _, a := range list {
		if prefix, err := netip.ParsePrefix(a.String()); err == nil {
			own = append(own, prefix.Addr())
		}
	}
	return own
}

// global is what IPv6 has given out for global use; all that embeds another address lies outside of it, save 6to4 and Teredo.
var global = netip.MustParsePrefix("2000::/3")

// special are the networks of the IANA registries of special-purpose addresses, and multicast, that are no public host.
var special = networks(
	"0.0.0.0/8",       // this network
	"10.0.0.0/8",      // private
	"100.64.0.0/10",   // carrier-grade NAT
	"127.0.0.0/8",     // loopback
	"169.254.0.0/16",  // link-local; the metadata of clouds
	"172.16.0.0/12",   // private
	"192.0.0.0/24",    // protocol assignments
	"192.0.2.0/24",    // documentation
	"192.88.99.0/24",  // 6to4 relays
	"192.168.0.0/16",  // private
	"198.18.0.0/15",   // benchmarks
	"198.51.100.0/24", // documentation
	"203.0.113.0/24",  // documentation
	"224.0.0.0/4",     // multicast
	"240.0.0.0/4",     // reserved, broadcast
	"2001::/23",       // protocol assignments, Teredo
	"2001:db8::/32",   // documentation
	"2002::/16",       // 6to4
	"3fff::/20",       // documentation
)

func networks(list ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(list))
	for i, s := range list {
		out[i] = netip.MustParsePrefix(s)
	}
	return out
}

// public tells whether an address is that of a host on the Internet.
func public(to netip.Addr) bool {
	if !to.Is4() && !global.Contains(to) {
		return false
	}
	for _, network := range special {
		if network.Contains(to) {
			return false
		}
	}
	return true
}
