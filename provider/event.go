package provider

import (
	"context"
	"time"
)

// Event is something that happened and that an operator or a developer may want to see. It holds no secret.
type Event struct {
	Time time.Time
	// Kind is sign-in, sign-out, authorize, device, token, push, introspect, revoke, userinfo, register, logout, warning or refused.
	Kind string
	// Client, Subject and Name say who, as far as known. Name is the person's user name.
	Client, Subject, Name string
	// Text says what, in a few words.
	Text string
	// Refusal is set for the kind refused.
	Refusal *Error
	// Trace is the reference of the request, the one in the log and on error pages.
	Trace string
}

// Observe receives events. It must be quick, and must not keep ctx.
type Observe func(ctx context.Context, e Event)

type traceKey struct{}

// WithTrace gives a context the reference of its request, which events carry.
func WithTrace(ctx context.Context, trace string) context.Context {
	return context.WithValue(ctx, traceKey{}, trace)
}

// Trace is the reference of the request, or empty.
func Trace(ctx context.Context) string {
	s, _ := ctx.Value(traceKey{}).(string)
	return s
}
