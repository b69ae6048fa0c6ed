package cli

import (
	"context"

	"signet/provider/audit"
	"signet/storage"
)

// auditAlgorithm signs checkpoints: a key of it is there from the first start, and it costs little each second.
const auditAlgorithm = "ES256"

// auditSealer covers what this node records with checkpoints.
func (n *node) auditSealer() *audit.Sealer {
	return audit.NewSealer(n.trail, n.ring, auditAlgorithm, n.log)
}

// recordKeys records that the issuer's keys change: by the operator's wish, or by the schedule.
func (n *node) recordKeys(ctx context.Context, b *storage.Batch, algorithm, newest string) error {
	e := audit.Event{Kind: "keys.changed", Facts: map[string]string{"alg": algorithm, "kid": newest}}
	if audit.OriginOf(ctx) == (audit.Origin{}) {
		e.Actor = audit.System
	}
	return n.trail.Record(ctx, b, e)
}
