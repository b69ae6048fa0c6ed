package account

import (
	"crypto/hmac"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"time"

	"signet/provider/limit"
)

// Device is a browser in which people have signed in, as it proves it by a cookie. It lets nobody in: it only says whose tries are
// not counted with those of strangers. So it outlives sessions, passwords and signing out everywhere, and what a thief has by it
// is as many tries as any stranger.
type Device struct {
	id     [deviceBytes]byte
	people []seenPerson
}

// seenPerson is somebody who has signed in, by the key of their account, and when they did last, in Unix seconds.
type seenPerson struct {
	key AccountKey
	at  int64
}

const (
	deviceBytes = 16
	deviceForm  = 1
	deviceMAC   = 32
	// maxSeen is how many people one browser is known by; those who signed in last.
	maxSeen  = 8
	seenSize = 16 + 8
	// DeviceLife is for how long a browser is known after somebody has signed in.
	DeviceLife = 180 * 24 * time.Hour
)

var deviceEncoding = base64.RawURLEncoding.Strict()

// knows tells whether the account's owner has signed in here.
func (d Device) knows(key AccountKey) bool {
	return slices.ContainsFunc(d.people, func(p seenPerson) bool { return p.key == key })
}

// Lane is the key of what is counted for an account in this browser by itself, and false if the account's owner has not signed in here.
func (d Device) Lane(key AccountKey) (limit.Key, bool) {
	return limit.KeyOf(string(d.id[:]), string(key[:])), d.knows(key)
}

// OpenDevice reads a browser's cookie. One that is not ours, or too old, is that of an unknown browser.
func (a *Accounts) OpenDevice(cookie string) Device {
	if len(cookie) > deviceEncoding.EncodedLen(1+deviceBytes+maxSeen*seenSize+deviceMAC) {
		return Device{}
	}
	data, err := deviceEncoding.DecodeString(cookie)
	if size := len(data) - 1 - deviceBytes - deviceMAC; err != nil || size < 0 || size%seenSize != 0 || data[0] != deviceForm {
		return Device{}
	}
	body, mac := data[:len(data)-deviceMAC], data[len(data)-deviceMAC:]
	if !hmac.Equal(mac, a.db.Hash("account.device", body)) {
		return Device{}
	}
	d := Device{id: [deviceBytes]byte(body[1:])}
	for rest := body[1+deviceBytes:]; len(rest) > 0; rest = rest[seenSize:] {
		p := seenPerson{key: AccountKey(rest), at: int64(binary.BigEndian.Uint64(rest[16:]))}
		if p.at+int64(DeviceLife/time.Second) > a.unix() {
			d.people = append(d.people, p)
		}
	}
	return d
}

// Remember is the cookie of a browser in which a person has signed in now.
func (a *Accounts) Remember(d Device, subject string) (cookie string, err error) {
	key := a.accountKey("sub", subject)
	if d.id == ([deviceBytes]byte{}) {
		if _, err := io.ReadFull(a.rand, d.id[:]); err != nil {
			return "", fmt.Errorf("account: device: %w", err)
		}
	}
	people := []seenPerson{{key, a.unix()}}
	for _, p := range d.people {
		if p.key != key && len(people) < maxSeen {
			people = append(people, p)
		}
	}
	body := append([]byte{deviceForm}, d.id[:]...)
	for _, p := range people {
		body = binary.BigEndian.AppendUint64(append(body, p.key[:]...), uint64(p.at))
	}
	return deviceEncoding.EncodeToString(append(body, a.db.Hash("account.device", body)...)), nil
}
