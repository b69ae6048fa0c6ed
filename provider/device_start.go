package provider

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"signet/storage"
)

// StartDevice answers a device authorization request (RFC 8628 §3.1) with the members of its JSON answer. r.PostForm has been
// parsed; from is where the device is, for the person who will be asked. What it writes is on disk when StartDevice returns.
// Errors are *Error.
func (p *Provider) StartDevice(ctx context.Context, r *http.Request, from Place) (map[string]any, error) {
	c := &call{now: p.db.Now()}
	answer, err := p.startDevice(withCall(ctx, c), c, r, from)
	if err != nil {
		return nil, p.tokenRefused(ctx, c, err)
	}
	p.observeEvent(ctx, Event{Kind: "device", Client: c.client.ID, Text: "waits for a person"})
	return answer, nil
}

func (p *Provider) startDevice(ctx context.Context, c *call, r *http.Request, from Place) (map[string]any, error) {
	if err := checkRepeats(r.PostForm); err != nil {
		return nil, err
	}
	var err error
	if c.client, err = p.authenticate(ctx, r, r.PostForm); err != nil {
		return nil, p.settleRefusal(ctx, c, err)
	}
	d, challenge, err := p.readDevice(ctx, c, r.PostForm)
	if err != nil {
		return nil, p.settleRefusal(ctx, c, err)
	}
	d.Place = Place{Address: from.Address, Agent: strings.ToValidUTF8(from.Agent[:min(len(from.Agent), maxAgent)], "")}
	return p.announceDevice(ctx, c, d, challenge)
}

// readDevice reads what a device asks for, and holds it to its client's record.
func (p *Provider) readDevice(ctx context.Context, c *call, form url.Values) (d *device, challenge string, err error) {
	if !slices.Contains(c.client.GrantTypes, GrantDevice) {
		return nil, "", refuse("E-CLIENT-03").got("%s", GrantDevice).allowed("%s", strings.Join(c.client.GrantTypes, " ")).
			fix("signet client edit %s --add-grant-type %s", ShellWord(c.client.ID), GrantDevice)
	}
	in := &intent{client: c.client}
	if err := p.readScopes(ctx, in, form); err != nil {
		return nil, "", err
	}
	if err := checkText("nonce", form.Get("nonce"), maxNonce); err != nil {
		return nil, "", err
	}
	audience, err := readAudience(c.client, form)
	if err != nil {
		return nil, "", err
	}
	if challenge, err = readDeviceChallenge(form); err != nil {
		return nil, "", err
	}
	m := Mandate{ClientID: c.client.ID, ClientEpoch: c.client.Epoch, Scopes: in.scopes, Audience: audience, Nonce: form.Get("nonce")}
	return &device{Mandate: m, Started: c.now.Unix()}, challenge, nil
}

// readAudience takes resource and audience for the same (RFC 8707 §2).
func readAudience(client *Client, form url.Values) ([]string, error) {
	asked := slices.Concat(form["audience"], form["resource"])
	asked = slices.DeleteFunc(asked, func(a string) bool { return a == "" })
	for _, a := range asked {
		if !slices.Contains(client.Audience, a) {
			return nil, refuse("E-TARGET-01").got("%s", a).allowed("%s", strings.Join(client.Audience, " "))
		}
	}
	slices.Sort(asked)
	return slices.Compact(asked), nil
}

// readDeviceChallenge takes PKCE from whoever brings it; RFC 8628 does not ask for it.
func readDeviceChallenge(form url.Values) (string, error) {
	challenge, method := form.Get("code_challenge"), form.Get("code_challenge_method")
	if challenge == "" && method == "" {
		return "", nil
	}
	if method != "S256" || !challengeShape(challenge) {
		return "", refuse("E-PKCE-01").got("method %q, challenge of %d bytes", method, len(challenge)).allowed("S256, 43 characters of base64url")
	}
	return challenge, nil
}

// announceDevice stores the request and makes the answer (RFC 8628 §3.2).
func (p *Provider) announceDevice(ctx context.Context, c *call, d *device, challenge string) (map[string]any, error) {
	expires := c.now.Add(p.lifetimes.Device).Unix()
	if !p.outstanding.take(d.Started, expires) {
		return nil, p.settleRefusal(ctx, c, refuse("E-DEVICE-06"))
	}
	userCode, err := p.newUserCode()
	if err != nil {
		return nil, err
	}
	if d.ID, err = p.randomID(); err != nil {
		return nil, err
	}
	code := deviceCode{ID: d.ID, Key: p.deviceKey(userCode), ClientID: d.ClientID, ClientEpoch: d.ClientEpoch, Expires: expires, Challenge: challenge}
	if err := p.devices.Create(&c.batch, p.devices.Key(code.Key, expires), d); err != nil {
		return nil, err
	}
	if err := p.settle(ctx, c); err != nil {
		return nil, asTakenCode(err)
	}
	verify, shown := p.issuer+PathVerify, ShowUserCode(userCode)
	return map[string]any{
		"device_code":               p.sealText(prefixDevice, code.marshal()),
		"user_code":                 shown,
		"verification_uri":          verify,
		"verification_uri_complete": verify + "?user_code=" + shown,
		"expires_in":                expires - d.Started,
		"interval":                  int64(pollInterval.Seconds()),
	}, nil
}

// asTakenCode: one of twenty-five billion codes was drawn twice. The next attempt draws another.
func asTakenCode(err error) error {
	if own := (*Error)(nil); errors.Is(err, storage.ErrConflict) && !errors.As(err, &own) {
		return refuse("E-SERVER-02").because(err)
	}
	return err
}
