package dev

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"

	"signet/provider"
)

// ErrRefused says that development mode was asked for where it must not be.
var ErrRefused = errors.New("dev: refused")

// CheckIssuer refuses an issuer that is not on this machine for certain: its host must be localhost, a name below it, or
// a loopback address.
func CheckIssuer(issuer string) error {
	u, err := url.Parse(issuer)
	if err != nil || !provider.LoopbackHost(u.Hostname()) {
		return fmt.Errorf("%w: issuer %s is not on this machine; development mode is for http://localhost and the like", ErrRefused, issuer)
	}
	return nil
}

// CheckListen refuses an address, host:port, that others than this machine can reach, unless they are meant to. It returns
// whether they can.
func CheckListen(address string, expose bool) (exposed bool, err error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false, fmt.Errorf("dev: address %q: want host:port", address)
	}
	if addr, err := netip.ParseAddr(host); host == "localhost" || err == nil && addr.IsLoopback() {
		return false, nil
	}
	if !expose {
		return true, fmt.Errorf("%w: %s is not a loopback address: whoever can reach it could sign in as anybody; add --expose if that is what you want", ErrRefused, address)
	}
	return true, nil
}
