package logout

import (
	"time"

	"signet/provider/courier"
	"signet/storage"
)

// deliveryKind is what a client is still to be told.
var deliveryKind = &storage.Kind{Name: "logout.delivery", Passing: true}

// indexClient finds the deliveries to a client.
const indexClient = "client"

// Delivery is the end of a session as one client is to be told of it.
type Delivery struct {
	ClientID string `json:"client_id"`
	Subject  string `json:"sub"`
	SID      string `json:"sid"`
	// Ended is when the session ended, in Unix seconds.
	Ended int64 `json:"ended"`
	courier.State
}

func deliveryTerms(d *Delivery) []storage.Term {
	return []storage.Term{d.Term(), {Index: indexClient, Value: d.ClientID}}
}

const (
	// sendLimit is how long one attempt may take.
	sendLimit = 5 * time.Second
	// maxRefused is how often a client is asked that answers and refuses.
	maxRefused = 3
)
