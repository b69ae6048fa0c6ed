package keys

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"time"
)

// NumericDate is a time in a token (RFC 7519 §2): Unix seconds. Fractions are cut off.
type NumericDate int64

// maxDate is the last second of the year 9999; later ones are nobody's expiry.
const maxDate = 253402300799

// UnmarshalJSON takes a JSON number from 0 to the end of the year 9999. A string, null, a negative or a boundless number is
// an ErrJSON: to read one as "never expires" would be worse than to refuse it.
func (d *NumericDate) UnmarshalJSON(raw []byte) error {
	var n json.Number
	if len(raw) == 0 || raw[0] == '"' || string(raw) == "null" || json.Unmarshal(raw, &n) != nil {
		return fmt.Errorf("%w: a time is a number", ErrJSON)
	}
	f, err := strconv.ParseFloat(n.String(), 64)
	if err != nil || math.Signbit(f) || f > maxDate {
		return fmt.Errorf("%w: %.20s is no time", ErrJSON, n)
	}
	*d = NumericDate(f)
	return nil
}

// Time is the same moment in UTC.
func (d NumericDate) Time() time.Time { return time.Unix(int64(d), 0).UTC() }
