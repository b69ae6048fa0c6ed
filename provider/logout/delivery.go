package logout

import (
	"hash/fnv"
	"strconv"
	"time"

	"signet/storage"
)

// deliveryKind is what a client is still to be told.
var deliveryKind = &storage.Kind{Name: "logout.delivery", Passing: true}

// Indexes of deliveries.
const (
	indexDue    = "due"
	indexClient = "client"
)

// Delivery is the end of a session as one client is to be told of it.
type Delivery struct {
	ClientID string `json:"client_id"`
	Subject  string `json:"sub"`
	SID      string `json:"sid"`
	// Ended is when the session ended, Due when the delivery is tried next, Tried when it was tried last (0: never); in Unix
	// seconds.
	Ended int64 `json:"ended"`
	Due   int64 `json:"due"`
	Tried int64 `json:"tried,omitempty"`
	// Attempts is how often it was tried, Problem what came of the last time.
	Attempts int    `json:"attempts"`
	Problem  string `json:"problem,omitempty"`
}

func deliveryTerms(d *Delivery) []storage.Term {
	return []storage.Term{{Index: indexDue, Value: sortable(d.Due), Ordered: true}, {Index: indexClient, Value: d.ClientID}}
}

// sortable is a time that sorts as text.
func sortable(unix int64) string {
	s := strconv.FormatInt(unix, 10)
	return "000000000000"[min(len(s), 12):] + s
}

const (
	// keepTrying is for how long a client that cannot be reached is tried.
	keepTrying = 24 * time.Hour
	// afterLast is for how long a delivery is kept after it was tried last.
	afterLast = time.Hour
	// lease is for how long a node that tries has a delivery to itself; if it is killed, another may try then.
	lease = 15 * time.Second
	// sendLimit is how long one attempt may take.
	sendLimit = 5 * time.Second
	// maxRefused is how often a client is asked that answers and refuses.
	maxRefused = 3
)

// pauses are those after each failed attempt; the last one is repeated.
var pauses = []time.Duration{5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute, 30 * time.Minute, time.Hour}

// pause is how long to wait after so many attempts, in seconds. It differs from delivery to delivery by up to a quarter, so that a
// client which was away is not met by all of them at once.
func pause(id string, attempts int) int64 {
	p := int64(pauses[min(max(attempts, 1), len(pauses))-1] / time.Second)
	h := fnv.New32a()
	_, _ = h.Write([]byte(id))
	return p + int64(h.Sum32())%(p/4+1)
}
