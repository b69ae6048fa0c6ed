package limit

import (
	"strconv"
	"time"
)

// Rate is a number of tries in a time: so many at once, and one more after each so-manieth part of the time. The zero Rate sets
// no limit.
type Rate struct {
	Count int
	Per   time.Duration
}

// Off tells that nothing is limited.
func (r Rate) Off() bool { return r.Count <= 0 }

// Times is the rate that lets n times as much through in the same time.
func (r Rate) Times(n int) Rate { return Rate{Count: n * r.Count, Per: r.Per} }

// String is the rate for people, and part of what names a bucket.
func (r Rate) String() string { return strconv.Itoa(r.Count) + "/" + r.Per.String() }

// every is how long it takes until there is one try more.
func (r Rate) every() time.Duration { return max(r.Per/time.Duration(r.Count), 1) }

// bucket is a bucket at a time.
type bucket struct {
	// debt is how long it takes until nothing is owed any more.
	debt time.Duration
	// at is in Unix nanoseconds.
	at int64
}

// look brings a bucket to now. A clock that was set back fills nothing, and takes nothing away.
func (b bucket) look(now int64) bucket {
	if passed := now - b.at; passed > 0 {
		b.debt = max(b.debt-time.Duration(passed), 0)
	}
	b.at = now
	return b
}
