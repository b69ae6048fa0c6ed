// Package logout tells clients that a session has ended (OIDC Back-Channel Logout 1.0).
//
// A client that wants to be told becomes a Participant of the session when it is given its first token there. The end of the
// session leaves a record of it (account.Ending); from that and the participants the Outbox makes Deliveries, one for each
// client, and sends them: at once, and again for a day if a client does not answer. Everything is a record, so what was
// acknowledged is told though the program be killed; and any node may take over from any other, because a delivery is claimed by
// moving its version on.
package logout
