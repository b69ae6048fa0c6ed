package account

import (
	"errors"
	"time"

	"signet/storage"
)

// State is what an account is good for.
type State string

// The states. All but StateActive keep the person out everywhere: nothing signs them in, and nothing that was issued to them is taken.
const (
	StateActive State = "active"
	// StateDisabled is the operator's standing decision, made by command, import or configuration. The person is told nothing.
	StateDisabled State = "disabled"
	// StateLocked is for an incident: an operator locks and unlocks by hand, and says why. The person reads it once they have proved
	// who they are. It stands beside StateDisabled, so that to unlock enables nobody who is disabled as well.
	StateLocked State = "locked"
	// StateExpired is an account whose time has passed: of a guest, an intern.
	StateExpired State = "expired"
	// StateLeaving is an account that is to be deleted, until its grace has passed.
	StateLeaving State = "leaving"
)

var (
	// ErrDisabled is a cause of ErrRefused and of ErrNoSession, as are the next three. It is said to nobody.
	ErrDisabled = errors.New("account: person disabled")
	// ErrLocked may be told to whoever has proved that the account is theirs, as may the next two; see Told.
	ErrLocked = errors.New("account: person locked")
	// ErrExpired says that the account's time has passed.
	ErrExpired = errors.New("account: account expired")
	// ErrLeaving says that it is to be deleted.
	ErrLeaving = errors.New("account: account about to be deleted")
)

// barred is the error of each state that keeps somebody out.
var barred = map[State]error{StateDisabled: ErrDisabled, StateLocked: ErrLocked, StateExpired: ErrExpired, StateLeaving: ErrLeaving}

// StateAt is the state at a time. Of several the one counts that says least, but that somebody leaves says all.
func (p *Person) StateAt(now time.Time) State {
	switch {
	case p.Leaving != nil:
		return StateLeaving
	case p.Disabled:
		return StateDisabled
	case p.Locked != "":
		return StateLocked
	case p.Expires != 0 && p.Expires <= now.Unix():
		return StateExpired
	}
	return StateActive
}

// Barred tells whether a person is kept out at a time: nil, or ErrDisabled, ErrLocked, ErrExpired or ErrLeaving. It is the one place
// that decides it. Every way in asks it, and so does everything that takes what was issued.
func (p *Person) Barred(now time.Time) error { return barred[p.StateAt(now)] }

// Told returns the state that a refusal may tell the person: they have proved that the account is theirs, and it is no secret from
// them. It is empty for every other error.
func Told(err error) State {
	for _, state := range []State{StateLocked, StateExpired, StateLeaving} {
		if errors.Is(err, barred[state]) {
			return state
		}
	}
	return ""
}

// BarredError is a refusal whose person has proved that the account is theirs.
type BarredError struct {
	Person *Person
	// Cause is what Person.Barred returned.
	Cause error
}

func (e *BarredError) Error() string { return e.Cause.Error() }

func (e *BarredError) Unwrap() []error { return []error{ErrRefused, e.Cause} }

// keptOut is a BarredError if the person is kept out now, otherwise nil.
func keptOut(p *Person, now time.Time) error {
	if cause := p.Barred(now); cause != nil {
		return &BarredError{Person: p, Cause: cause}
	}
	return nil
}

// settleState brings the members that make the state into their form.
func (p *Person) settleState() error {
	if p.Locked != "" && !isLine.good(p.Locked) {
		return invalid(ErrInvalidProfile, "locked", p.Locked, isLine.allowed)
	}
	if p.Expires < 0 {
		return invalid(ErrInvalidProfile, "expires", "a time before 1970", "Unix seconds, or 0 for never")
	}
	return nil
}

// raiseEpoch ends everything that was issued to a person who is kept out from now on, or has another password. What was issued
// before an account expired stays ended, though its time be lengthened.
func (a *Accounts) raiseEpoch(before, after *Person) {
	now := a.db.Now()
	was, is := before.Barred(now), after.Barred(now)
	ends := was == nil && is != nil || was == ErrExpired && is == nil || after.Password != before.Password
	if ends && after.Epoch == before.Epoch {
		after.Epoch++
	}
}

// indexDue orders people by when something is to be done about them, whoever does it. Times are plain in it, names are not.
const indexDue = "due"

// ExpiryNotice is how long before an account expires its person is told.
const ExpiryNotice = 7 * 24 * time.Hour

// due is when something is to be done about a person, in Unix seconds, or 0 for never.
func (p *Person) due() int64 {
	if p.Leaving != nil {
		return max(p.Leaving.Ends, 1)
	}
	notice := p.Expires - int64(ExpiryNotice/time.Second)
	switch {
	case p.Expires == 0 || p.noted >= p.Expires:
		return 0
	case p.noted >= notice:
		return p.Expires
	}
	return max(notice, 1)
}

func dueTerm(p *Person) []storage.Term {
	at := p.due()
	if at == 0 {
		return nil
	}
	return []storage.Term{{Index: indexDue, Value: paddedTime(at), Ordered: true}}
}
