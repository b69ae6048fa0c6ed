package cli

import "signet/provider/audit"

// auditAlgorithm signs checkpoints: a key of it is there from the first start, and it costs little each second.
const auditAlgorithm = "ES256"

// auditSealer covers what this node records with checkpoints.
func (n *node) auditSealer() *audit.Sealer {
	return audit.NewSealer(n.trail, n.ring, auditAlgorithm, n.log)
}
