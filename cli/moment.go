package cli

import (
	"errors"
	"strconv"
	"time"
)

// momentFlag is a time that is given as a day, as a time, or as never. It is kept in Unix seconds, and 0 for never.
type momentFlag int64

var errMoment = errors.New("want a day such as 2027-01-31, a time such as 2027-01-31T12:00:00Z, or never")

// Set implements pflag.Value. A day is in it, as the world's clock has it (UTC).
func (m *momentFlag) Set(s string) error {
	if s == "never" {
		*m = 0
		return nil
	}
	at, err := time.Parse(time.DateOnly, s)
	if err == nil {
		at = at.AddDate(0, 0, 1)
	} else if at, err = time.Parse(time.RFC3339, s); err != nil {
		return errMoment
	}
	if at.Unix() <= 0 {
		return errMoment
	}
	*m = momentFlag(at.Unix())
	return nil
}

// String implements pflag.Value.
func (m *momentFlag) String() string { return strconv.FormatInt(int64(*m), 10) }

// Type implements pflag.Value.
func (m *momentFlag) Type() string { return "time" }
