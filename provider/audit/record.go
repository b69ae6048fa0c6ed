package audit

import (
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"time"

	"signet/storage"
)

// recordKind is keyed by when a record's retention ends, so that what is old goes from the front.
var recordKind = &storage.Kind{Name: "audit", Passing: true}

// Record is an event as it is kept.
type Record struct {
	// ID is the time in nanoseconds and a random end: IDs are in the order of time. Text shows it.
	ID   string    `json:"-"`
	Time time.Time `json:"time"`
	Event
	// Count is how often it happened within the minute that began at Time, for what is counted and not written one by one.
	Count int `json:"count,omitempty"`

	// expires is when the retention ends, in Unix seconds.
	expires int64
	// raw is the record as it was written, which is what checkpoints cover.
	raw []byte
}

// Text is the record's ID in hexadecimal.
func (r *Record) Text() string { return hex.EncodeToString([]byte(r.ID)) }

// Indexes of records. Each value has a span of time in it, so that the newest can be found without reading the oldest.
const (
	indexHour    = "hour"
	indexKind    = "kind"
	indexSubject = "subject"
	indexClient  = "client"
)

// spans are the layouts of those spans of time.
var spans = map[string]string{indexHour: "2006-01-02T15", indexKind: "2006-01-02", indexSubject: "2006-01", indexClient: "2006-01"}

func termOf(index, value string, at time.Time) storage.Term {
	return storage.Term{Index: index, Value: value + "\x00" + at.UTC().Format(spans[index])}
}

func recordTerms(r *Record) []storage.Term {
	terms := append(make([]storage.Term, 0, 4), termOf(indexHour, "", r.Time), termOf(indexKind, r.Kind, r.Time))
	if r.Subject != "" {
		terms = append(terms, termOf(indexSubject, r.Subject, r.Time))
	}
	if r.ClientID != "" {
		terms = append(terms, termOf(indexClient, r.ClientID, r.Time))
	}
	return terms
}

// recordCodec keeps the bytes that were read: a checkpoint covers those, and not what another version of the program would write.
var recordCodec = storage.Codec[Record]{
	Marshal: func(r *Record) ([]byte, error) { return json.Marshal(r) },
	Unmarshal: func(b []byte, r *Record) error {
		r.raw = append([]byte(nil), b...)
		return json.Unmarshal(b, r)
	},
}

func ofRow(row storage.Row[Record]) Record {
	r := row.Value
	r.ID, r.expires = row.ID, row.Expires
	return r
}

const idBytes = 16

// timeOf is when a record of this ID was made.
func timeOf(id string) time.Time {
	if len(id) < 8 {
		return time.Time{}
	}
	return time.Unix(0, int64(binary.BigEndian.Uint64([]byte(id)))).UTC()
}

// endOf is when the retention ends of what happens at a time, in Unix seconds: at a full hour, so that the records which one
// checkpoint covers go together with it.
func endOf(at time.Time, retain time.Duration) int64 {
	const hour = int64(time.Hour / time.Second)
	return (at.Add(retain).Unix()/hour + 1) * hour
}

// Raw is the record as it was written, a JSON object: what checkpoints cover.
func (r *Record) Raw() []byte { return r.raw }
