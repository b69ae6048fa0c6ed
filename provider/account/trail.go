package account

import (
	"context"
	"errors"
	"slices"
	"strings"

	"signet/provider/audit"
	"signet/storage"
)

// Record appends the record of an event to the batch of what it records; see audit.Trail.Record.
func (a *Accounts) Record(ctx context.Context, b *storage.Batch, e audit.Event) error {
	return a.trail.Record(ctx, b, e)
}

// recordChange appends what was changed about a person. Of values it says groups alone: all others are personal.
func (a *Accounts) recordChange(ctx context.Context, b *storage.Batch, before, after *Person) error {
	for _, change := range []struct {
		kind    string
		happens bool
		facts   map[string]string
	}{
		{"password.set", before.Password != after.Password, nil},
		{"person.disabled", after.Disabled && !before.Disabled, nil},
		{"person.enabled", before.Disabled && !after.Disabled, nil},
		{"email.changed", before.Email != after.Email, nil},
		{"email.verified", after.EmailVerified && !before.EmailVerified, nil},
		{"person.locked", after.Locked != "" && after.Locked != before.Locked, nil},
		{"person.unlocked", after.Locked == "" && before.Locked != "", nil},
		{"person.leaving", after.Leaving != nil && before.Leaving == nil, nil},
		{"person.restored", after.Leaving == nil && before.Leaving != nil, nil},
		{"person.expired", after.noted != before.noted && after.noted >= after.Expires && after.Expires != 0, nil},
		{"terms.agreed", agreedAnew(before, after), agreedFacts(after)},
		{"sessions.ended", onlyEpoch(before, after), nil},
		{"person.changed", personChanged(before, after), changedFacts(before, after)},
	} {
		if !change.happens {
			continue
		}
		if err := a.Record(ctx, b, audit.Event{Kind: change.kind, Subject: after.Subject, Facts: change.facts}); err != nil {
			return err
		}
	}
	return nil
}

// onlyEpoch tells whether everything issued to a person was ended for its own sake.
func onlyEpoch(before, after *Person) bool {
	return after.Epoch != before.Epoch && after.Password == before.Password && after.Disabled == before.Disabled && after.Locked == before.Locked &&
		after.Expires == before.Expires && after.noted == before.noted && (after.Leaving == nil) == (before.Leaving == nil)
}

func personChanged(before, after *Person) bool {
	return !slices.Equal(before.Groups, after.Groups) || len(changedMembers(before, after)) > 0
}

// changedFacts are the names of the members that were changed, and of the groups joined and left.
func changedFacts(before, after *Person) map[string]string {
	return map[string]string{
		"changed": strings.Join(changedMembers(before, after), " "),
		"joined":  strings.Join(missingFrom(before.Groups, after.Groups), ", "),
		"left":    strings.Join(missingFrom(after.Groups, before.Groups), ", "),
	}
}

// missingFrom are those of some names that others lack.
func missingFrom(others, names []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(n string) bool { return slices.Contains(others, n) })
}

// ownEvents are the members whose change has an event of its own, or is no change of what is known of the person.
var ownEvents = []string{"email", "email_verified", "disabled", "locked", "leaving", "terms", "groups", "epoch", "created", "updated"}

// changedMembers are the names of the other members that differ, sorted.
func changedMembers(before, after *Person) []string {
	names := slices.DeleteFunc(audit.Differ(before, after), func(name string) bool { return slices.Contains(ownEvents, name) })
	if i := slices.Index(names, "attributes"); i >= 0 {
		names = slices.Replace(names, i, i+1, changedAttributes(before, after)...)
	}
	return names
}

// causes are how a refused sign-in is told, to those who may know.
var causes = []struct {
	err  error
	said string
}{
	{ErrUnknownPerson, "nobody has that name"}, {ErrNoPassword, "no password"}, {ErrWrongPassword, "wrong password"}, {ErrDisabled, "disabled"},
	{ErrLocked, "locked"}, {ErrExpired, "expired"}, {ErrLeaving, "about to be deleted"},
}

// countRefused counts a refused password. What was typed as a name is not kept: it may be a password in the wrong field.
func (a *Accounts) countRefused(ctx context.Context, p *Person, refusal error) {
	if a.trail == nil || refusal == nil {
		return
	}
	e := audit.Event{Kind: "sign-in.failed"}
	if p != nil {
		e.Subject = p.Subject
	}
	for _, c := range causes {
		if errors.Is(refusal, c.err) {
			e.Facts = map[string]string{audit.FactWhy: c.said}
		}
	}
	a.trail.Count(ctx, e)
}

func (s *Sessions) recordEnd(ctx context.Context, b *storage.Batch, session *Session, why string) error {
	facts := map[string]string{"sid": session.SID, "browser": session.Browser, audit.FactWhy: why}
	return s.trail.Record(ctx, b, audit.Event{Kind: "session.ended", Subject: session.Subject, Facts: facts})
}

// recordSignIn appends that a session was begun, or goes on with another proof.
func (s *Sessions) recordSignIn(b *storage.Batch, session *Session, in SignIn) error {
	return s.trail.Append(b, audit.Event{
		Kind: "sign-in", Subject: session.Subject, ClientID: in.ClientID, Address: in.Address, Agent: in.Browser,
		Facts: map[string]string{"amr": strings.Join(in.AMR, " "), "acr": in.ACR, "sid": session.SID},
	})
}

func (c *Consents) record(ctx context.Context, b *storage.Batch, kind string, of Consent) error {
	return c.trail.Record(ctx, b, audit.Event{Kind: kind, Subject: of.Subject, ClientID: of.ClientID, Facts: map[string]string{"scopes": strings.Join(of.Scopes, " ")}})
}

func (a *Accounts) recordGroup(ctx context.Context, b *storage.Batch, kind string, g *Group) error {
	return a.Record(ctx, b, audit.Event{Kind: kind, Facts: map[string]string{"group": g.Name, "parents": strings.Join(g.Parents, ", ")}})
}
