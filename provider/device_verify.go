package provider

import (
	"context"
	"errors"
	"slices"
	"strings"

	"signet/provider/account"
	"signet/provider/audit"
	"signet/storage"
)

// Asking is a device's request as its page shows it to the person who typed the code.
type Asking struct {
	// Request is the sealed request, for the page's form. It is good for this device's request and no other.
	Request string
	// UserCode is what the device shows, in two halves.
	UserCode string
	Client   *Client
	Scopes   []string
	// Audience are the services for which it asks (RFC 8707).
	Audience []string
	// From is where the device is; Started when its request came, in Unix seconds.
	From    Place
	Started int64
	// SignIn tells that the person has to sign in anew before they answer: their last sign-in is longer ago than the client's
	// default_max_age.
	SignIn bool
	// Factor tells that a second factor is needed beside the sign-in.
	Factor bool
}

// VerifyDevice begins what a person does who typed a device's code: it returns a sealed request to go to /authorize with. The
// code is not looked up before somebody has signed in, so that nobody else can guess. A text that can be no code is
// E-DEVICE-05.
func (p *Provider) VerifyDevice(ctx context.Context, typed string, b Browser) (string, error) {
	code, ok := ReadUserCode(typed)
	if !ok {
		return "", p.refused(ctx, nil, refuse("E-DEVICE-05").got("%d characters", len(typed)))
	}
	r, err := p.newRequest(ctx, nil)
	if err != nil {
		return "", p.refused(ctx, nil, err)
	}
	r.UserCode = code
	return p.sealRequest(r, b)
}

// decideDevice is decide for such a request.
func (p *Provider) decideDevice(ctx context.Context, r *Request, b Browser) (Outcome, error) {
	sealed, err := p.sealRequest(r, b)
	if err != nil {
		return Outcome{}, p.refused(ctx, nil, err)
	}
	return Outcome{Step: &Step{Name: p.nextForDevice(r, b.Person), Request: sealed}}, nil
}

// nextForDevice is what comes next for a person who typed a device's code: to sign in, to agree to the terms, to answer, to read what
// they answered. Whoever does not agree has answered, too.
func (p *Provider) nextForDevice(r *Request, person *account.Person) string {
	if person == nil {
		return StepLogin
	}
	if open, refused := p.termsOf(r, person); refused {
		return StepDeviceDone
	} else if open {
		return StepTerms
	}
	if _, answered := r.proof(StepDevice, person.Subject); answered {
		return StepDeviceDone
	}
	return StepDevice
}

// deviceStep is Step for such a request. The pages of other requests mean nothing for it.
func (p *Provider) deviceStep(r *Request, b Browser, name string) (*Step, error) {
	if !slices.Contains([]string{StepLogin, StepFactor, StepSignUp, StepTerms, StepDeviceDone}, name) {
		return nil, refuse("E-REQ-07").got("a device's request at the page of %s", name)
	}
	sealed, err := p.sealRequest(r, b)
	if err != nil {
		return nil, err
	}
	s := &Step{Name: name, Request: sealed}
	if b.Person != nil {
		s.Subject = b.Person.Subject
	}
	if name == StepDeviceDone && b.Person != nil {
		answer, ok := r.proof(StepDevice, b.Person.Subject)
		if _, refused := p.termsOf(r, b.Person); refused {
			answer.Denied, ok = true, true
		}
		if !ok {
			return nil, refuse("E-REQ-07").got("a device's request without an answer")
		}
		s.Denied = answer.Denied
	}
	return s, nil
}

// openDeviceRequest opens the sealed request of a person who typed a device's code and has signed in.
func (p *Provider) openDeviceRequest(ctx context.Context, sealed string, b Browser) (*Request, error) {
	r, err := p.openRequest(ctx, sealed, b)
	switch {
	case err != nil:
		return nil, err
	case r.UserCode == "":
		return nil, refuse("E-REQ-07").got("a request of no device")
	case b.Person == nil:
		return nil, refuse("E-REQ-07").got("nobody is signed in")
	}
	return r, nil
}

// Asking looks a typed code up, for a person who has signed in. E-DEVICE-05 says that no device waits under this code; whoever
// hears it often is guessing.
func (p *Provider) Asking(ctx context.Context, sealed string, b Browser) (*Asking, error) {
	r, err := p.openDeviceRequest(ctx, sealed, b)
	if err != nil {
		return nil, p.refused(ctx, nil, err)
	}
	row, client, err := p.typedDevice(ctx, r.UserCode)
	if err != nil {
		return nil, p.refused(ctx, nil, err)
	}
	d := &row.Value
	r.Device = d.ID
	again, err := p.sealRequest(r, b)
	if err != nil {
		return nil, p.refused(ctx, nil, err)
	}
	q := p.deviceQuestion(r, d, client, b)
	factor, err := p.deviceFactorAsked(ctx, q)
	if err != nil {
		return nil, p.refused(ctx, nil, err)
	}
	return &Asking{
		Request: again, UserCode: ShowUserCode(r.UserCode), Client: client, Scopes: d.Scopes, Audience: d.Audience, From: d.Place, Started: d.Started,
		SignIn: q.tooOld() || q.acrMissing() || q.setUpStale(), Factor: factor,
	}, nil
}

// deviceQuestion is what a device asks of the person who is there.
func (p *Provider) deviceQuestion(r *Request, d *device, client *Client, b Browser) *question {
	in := &intent{client: client, scopes: d.Scopes, nonce: d.Nonce, maxAge: -1}
	if client.DefaultMaxAge != nil {
		in.maxAge = *client.DefaultMaxAge
	}
	return &question{intent: in, request: r, session: b.Session, person: b.Person, terms: p.terms, now: p.db.Now().Unix()}
}

// AnswerDevice writes what the signed-in person answered to the device's request that they were shown, and adds it to the
// sealed request. Of two answers to one device the first counts. To allow it is to consent, so that the person can take it back.
func (p *Provider) AnswerDevice(ctx context.Context, sealed string, b Browser, allow bool) (string, error) {
	r, err := p.openDeviceRequest(ctx, sealed, b)
	if err == nil {
		err = p.answerDevice(ctx, r, b, allow)
	}
	if err != nil {
		return "", p.refused(ctx, nil, err)
	}
	r.add(Proof{Step: StepDevice, Subject: b.Person.Subject, At: p.db.Now().Unix(), Denied: !allow})
	return p.sealRequest(r, b)
}

// answerDevice looks again if somebody else wrote at the same moment: the device may have been answered, or another tab of the
// same person has consented to something else.
func (p *Provider) answerDevice(ctx context.Context, r *Request, b Browser, allow bool) error {
	for range maxRetries {
		row, client, err := p.typedDevice(ctx, r.UserCode)
		if err != nil {
			return err
		}
		if row.Value.ID != r.Device {
			return refuse("E-DEVICE-05").got("another device's request than was shown")
		}
		q := p.deviceQuestion(r, &row.Value, client, b)
		if allow && q.termsOpen() {
			return refuse("E-PROMPT-03").got("terms that the person has not agreed to")
		}
		if q.tooOld() {
			return refuse("E-PROMPT-01").got("a sign-in longer ago than default_max_age")
		}
		if err := p.weigh(ctx, q); err != nil {
			return err
		}
		if !q.acrReached() {
			return refuse("E-ACR-01").got("acr %s", q.session.ACR).allowed("%s", strings.Join(p.acrValues(), " "))
		}
		batch, err := p.deviceAnswer(ctx, row, q, allow)
		if err != nil {
			return err
		}
		err = p.db.Apply(ctx, batch)
		switch {
		case errors.Is(err, storage.ErrConflict):
			continue
		case errors.Is(err, storage.ErrPast):
			return refuse("E-DEVICE-05").got("a code that has ended meanwhile").because(err)
		case err == nil:
			p.observeDevice(ctx, client, b, allow)
		}
		return err
	}
	return refuse("E-SERVER-02").got("too many answers at once")
}

// deviceAnswer is the batch of an answer.
func (p *Provider) deviceAnswer(ctx context.Context, row storage.Row[device], q *question, allow bool) (batch storage.Batch, err error) {
	answered := row.Value
	answered.State = deviceDenied
	kind := "device.denied"
	if allow {
		kind = "device.approved"
		m, err := p.deviceMandate(ctx, &batch, row, q)
		if err != nil {
			return batch, err
		}
		answered.Mandate, answered.State = *m, deviceApproved
	}
	facts := map[string]string{"from": row.Value.Place.Address, "device": row.Value.Place.Agent}
	if err := p.trail.Record(ctx, &batch, audit.Event{Kind: kind, Subject: q.person.Subject, ClientID: q.client.ID, Facts: facts}); err != nil {
		return batch, err
	}
	return batch, p.devices.Update(&batch, row, &answered)
}

// deviceMandate is what the person grants. When the grant will end is settled now, as with codes.
func (p *Provider) deviceMandate(ctx context.Context, batch *storage.Batch, row storage.Row[device], q *question) (*Mandate, error) {
	if err := p.mustAdmit(ctx, q); err != nil {
		return nil, err
	}
	given := account.Consent{Subject: q.person.Subject, ClientID: q.client.ID, ClientEpoch: q.client.Epoch, Scopes: q.scopes}
	consent, err := p.accounts.Consents.Agree(ctx, batch, given)
	if err != nil {
		return nil, err
	}
	q.consent = consent
	m, err := p.newMandate(q, row.Value.Audience)
	if err != nil {
		return nil, err
	}
	m.GrantExpires = p.grantExpires(q.client, m, row.Expires)
	return m, nil
}

func (p *Provider) observeDevice(ctx context.Context, client *Client, b Browser, allow bool) {
	text := "refused"
	if allow {
		text = "allowed"
	}
	p.observeEvent(ctx, Event{Kind: "device", Client: client.ID, Subject: b.Person.Subject, Name: b.Person.Username, Text: text})
}
