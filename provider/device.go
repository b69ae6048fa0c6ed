package provider

import (
	"context"
	"errors"

	"signet/storage"
)

// GrantDevice is the grant type of RFC 8628 §3.4.
const GrantDevice = "urn:ietf:params:oauth:grant-type:device_code"

// deviceKind holds devices that wait for a person. It is the one thing that is stored before anybody has signed in, because a
// code that is short enough to type cannot carry what it means. The keyed hash of that code is the record's id, so no two
// devices have the same one at a time.
var deviceKind = &storage.Kind{Name: "device"}

// deviceState is how far a device's request is.
type deviceState uint64

const (
	devicePending deviceState = iota
	deviceApproved
	deviceDenied
	// deviceSpent has been redeemed, or was presented with a wrong verifier.
	deviceSpent
)

// Place is where a request came from, for the person who has to recognise it.
type Place struct {
	// Address is an IP address, or empty; Agent is what the program calls itself.
	Address, Agent string
}

// maxAgent is how many bytes of a User-Agent header are kept.
const maxAgent = 200

// device is the record of a device that waits. Until a person has approved it, its mandate says what it asks for; then, what
// it was granted.
type device struct {
	Mandate
	// ID is 16 random bytes. The device code bears it: a code that is typed may come again later for another device.
	ID      string
	State   deviceState
	Started int64
	Place   Place
}

// Forms of the record, which holds a mandate, and of the device code.
const (
	formDevice     = formConsent
	formDeviceCode = 1
)

func (d *device) marshal() []byte {
	w := newWriter(formDevice)
	d.Mandate.write(w)
	w.string(d.ID)
	w.uint(uint64(d.State))
	w.int(d.Started)
	w.string(d.Place.Address)
	w.string(d.Place.Agent)
	return w.b
}

func (d *device) unmarshal(b []byte) error {
	r := newReader(b, formDevice)
	d.Mandate.read(r)
	d.ID = r.string()
	d.State = deviceState(r.uint())
	d.Started = r.int()
	d.Place = Place{Address: r.string(), Agent: r.string()}
	return r.done()
}

func deviceTable(db *storage.DB) *storage.Table[device] {
	return storage.NewTable(db, deviceKind, storage.Codec[device]{
		Marshal:   func(d *device) ([]byte, error) { return d.marshal(), nil },
		Unmarshal: func(b []byte, d *device) error { return d.unmarshal(b) },
	}, nil)
}

// deviceKey is the id of a device's record.
func (p *Provider) deviceKey(userCode string) string {
	return string(p.sealer.Hash("device.user_code", []byte(userCode))[:16])
}

// deviceCode is what a device code carries.
type deviceCode struct {
	// ID and Key are those of the device's record.
	ID, Key     string
	ClientID    string
	ClientEpoch uint32
	// Expires is in Unix seconds.
	Expires int64
	// Challenge is a PKCE S256 challenge, or empty.
	Challenge string
}

func (c *deviceCode) marshal() []byte {
	w := newWriter(formDeviceCode)
	w.string(c.ID)
	w.string(c.Key)
	w.string(c.ClientID)
	w.uint(uint64(c.ClientEpoch))
	w.int(c.Expires)
	w.string(c.Challenge)
	return w.b
}

func (c *deviceCode) unmarshal(b []byte) error {
	r := newReader(b, formDeviceCode)
	c.ID = r.string()
	c.Key = r.string()
	c.ClientID = r.string()
	c.ClientEpoch = uint32(r.uint())
	c.Expires = r.int()
	c.Challenge = r.string()
	return r.done()
}

// openDevice opens a device code, expired or not.
func (p *Provider) openDevice(text string) (*deviceCode, bool) {
	plain, ok := p.openText(prefixDevice, text)
	c := &deviceCode{}
	return c, ok && c.unmarshal(plain) == nil
}

// deviceOf reads the record behind a device code. One that is gone, or whose place another device has taken, is
// storage.ErrNotFound.
func (p *Provider) deviceOf(ctx context.Context, c *deviceCode) (storage.Row[device], error) {
	row, err := p.devices.Get(ctx, c.Key, 0)
	if err == nil && row.Value.ID != c.ID {
		return row, storage.ErrNotFound
	}
	return row, err
}

// typedDevice finds the device that waits under a typed code, and its client. One that was answered already, or that can be
// approved no more, is E-DEVICE-05, as is a code that nobody was given: who guesses learns nothing.
func (p *Provider) typedDevice(ctx context.Context, userCode string) (storage.Row[device], *Client, error) {
	row, err := p.devices.Get(ctx, p.deviceKey(userCode), 0)
	if errors.Is(err, storage.ErrNotFound) {
		return row, nil, refuse("E-DEVICE-05")
	}
	if err != nil {
		return row, nil, err
	}
	d := &row.Value
	if d.State != devicePending || d.Started+int64(maxDevice.Seconds()) <= p.db.Now().Unix() {
		return row, nil, refuse("E-DEVICE-05").got("a code that was used before, or is too old")
	}
	client, err := p.Client(ctx, d.ClientID)
	if ignoreNotFound(err) != nil {
		return row, nil, err
	}
	if err != nil || client.Epoch != d.ClientEpoch {
		return row, nil, refuse("E-DEVICE-05").got("a code of a client that has changed").because(err)
	}
	return row, client, nil
}
