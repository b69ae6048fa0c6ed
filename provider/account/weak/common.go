// Package weak knows passwords that whoever guesses tries first: those that very many people have, and, in a file of the operator's,
// those that were in breaches.
package weak

import (
	"crypto/sha256"
	_ "embed"
	"encoding/binary"
	"errors"
	"maps"
	"slices"
	"strings"
)

// commonTable is made by signet/provider/account/weak/make: the most used passwords of at least eight characters in the list that
// Mark Burnett gave to the public domain, and those of first.txt.
//
//go:embed common.bin
var commonTable string

// A table has a byte for each bucket, which says how many passwords are in it, and then two bytes for each password, in order: the
// first two bytes of a password's hash are its bucket, the next two are kept. So one of some twenty thousand others is taken for
// one of them, whose owner then has to think of another.
const buckets = 1 << 16

var errCrowded = errors.New("weak: too many passwords in one bucket")

// Common tells whether a password is one of very many people's, in whatever case.
func Common(password string) bool { return tableHas(commonTable, password) }

func tableHas(table, password string) bool {
	bucket, rest := placeOf(password)
	before := 0
	for _, n := range []byte(table[:bucket]) {
		before += int(n)
	}
	at := buckets + 2*before
	for range table[bucket] {
		if binary.BigEndian.Uint16([]byte(table[at:at+2])) == rest {
			return true
		}
		at += 2
	}
	return false
}

func placeOf(password string) (bucket, rest uint16) {
	sum := sha256.Sum256([]byte(strings.ToLower(password)))
	return binary.BigEndian.Uint16(sum[:]), binary.BigEndian.Uint16(sum[2:])
}

// Table makes a table of passwords.
func Table(passwords []string) ([]byte, error) {
	var in [buckets]map[uint16]bool
	for _, p := range passwords {
		bucket, rest := placeOf(p)
		if in[bucket] == nil {
			in[bucket] = map[uint16]bool{}
		}
		in[bucket][rest] = true
	}
	table := make([]byte, buckets, buckets+2*len(passwords))
	for bucket, rests := range in {
		if len(rests) > 255 {
			return nil, errCrowded
		}
		table[bucket] = byte(len(rests))
		for _, rest := range slices.Sorted(maps.Keys(rests)) {
			table = binary.BigEndian.AppendUint16(table, rest)
		}
	}
	return table, nil
}

// size is how many passwords a table has.
func size(table string) int { return (len(table) - buckets) / 2 }
