package provider

import (
	"context"
	"errors"
	"time"

	"github.com/ory/fosite"

	"signet/provider/account"
	"signet/storage"
)

// call is what one HTTP request to the provider gathers while fosite's handlers run: who asks, what was found, and the one
// batch that is applied at the end. It travels in the context, the only way that fosite leaves.
type call struct {
	// now is the provider's clock at the start of the request. fosite asks the system's clock by itself, which development
	// mode may have left behind; nothing that fosite computes from it is handed out or kept.
	now time.Time

	client *Client
	// intent is set at the authorization endpoint.
	intent *intent
	// batch is applied if the request succeeds, refusal if it is refused.
	batch, refusal storage.Batch
	// grantType is the one asked for at the token endpoint.
	grantType string
	// assertion tells that the first condition of both batches spends a client assertion.
	assertion bool

	mandate *Mandate
	person  *account.Person

	code     *Code
	codeText string

	// revoking tells that a token is looked for to end it: also one that cannot be used just now, because its person has left
	// the client's groups, and could be again.
	revoking bool
	// fault is why a token could not be judged, in contrast to one that was judged and found dead. fosite makes both the same,
	// and of two look-ups keeps the error of one.
	fault error

	access        *AccessToken
	accessExpires int64
	resources     []string

	refresh     *RefreshToken
	grant       storage.Row[Grant]
	refreshable bool
	// retry tells that losing the race for the batch only means to look again.
	retry bool
}

type callKey struct{}

func withCall(ctx context.Context, c *call) context.Context {
	return context.WithValue(ctx, callKey{}, c)
}

// callOf never returns nil: outside of a request it returns an empty call.
func callOf(ctx context.Context) *call {
	if c, ok := ctx.Value(callKey{}).(*call); ok {
		return c
	}
	return &call{}
}

// judged notes whether a token could be judged, and returns the error as it is.
func (c *call) judged(err error) error {
	if err != nil && !errors.Is(err, fosite.ErrNotFound) {
		c.fault = err
	}
	return err
}
