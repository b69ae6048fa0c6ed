// Package audit is the trail of what happened to people, clients and keys: who did what, from where, and proof that nothing of it
// was taken away since.
//
// To record something, add its row to the table in kinds.go if there is none, and call Trail.Record with the batch of the change
// itself: either both are written or neither. What happens in the hot path of a login, or is a failure that anybody can cause at
// will, goes to Trail.Count instead, which costs no write; never put a secret, a name or an address of mail into an event.
//
// What is personal in a record of a person, such as the address it came from, goes behind a veil that falls for ever when the person
// is deleted; see Trail.SetVeil.
//
// Records are unchained, so that nobody waits for anybody. Each second a Sealer covers what this node has written since with a
// checkpoint, which is signed by a key of the issuer and names the one before it. Verify finds what was removed, changed or
// put into another order.
package audit
