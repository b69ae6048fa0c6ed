package bolt

import (
	"bytes"
	"cmp"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"signet/storage"
)

// few draws byte strings that often share beginnings and hold the bytes that escaping is about.
var few = rapid.SliceOfN(rapid.SampledFrom([]byte{0, 1, 'a', 0xFE, 0xFF}), 1, 5)

func TestIndexKeyKeepsOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v1, k1, v2, k2 := few.Draw(t, "v1"), few.Draw(t, "k1"), few.Draw(t, "v2"), few.Draw(t, "k2")
		want := cmp.Or(bytes.Compare(v1, v2), bytes.Compare(k1, k2))
		if got := bytes.Compare(indexKey(v1, k1), indexKey(v2, k2)); got != want {
			t.Fatalf("compared %d, want %d", got, want)
		}
	})
}

func TestIndexKeyPrefixes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v, k, asked := few.Draw(t, "v"), few.Draw(t, "k"), few.Draw(t, "asked")
		entry := indexKey(v, k)
		if got := bytes.HasPrefix(entry, appendExact(nil, asked)); got != bytes.Equal(v, asked) {
			t.Errorf("exactly %q finds %q: %t", asked, v, got)
		}
		if got := bytes.HasPrefix(entry, appendEscaped(nil, asked)); got != bytes.HasPrefix(v, asked) {
			t.Errorf("prefix %q finds %q: %t", asked, v, got)
		}
	})
}

func TestIndexKeySplits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v, k := few.Draw(t, "v"), few.Draw(t, "k")
		value, key, ok := splitIndexKey(indexKey(v, k))
		if !ok || !bytes.Equal(key, k) || !bytes.Equal(value, appendExact(nil, v)) {
			t.Fatalf("split into %q and %q, %t", value, key, ok)
		}
	})
	for _, k := range []string{"", "a", "\x00", "a\x00\xff", "\x00\xff\x01"} {
		if _, _, ok := splitIndexKey([]byte(k)); ok {
			t.Errorf("%q was split", k)
		}
	}
}

func TestExpiryKeysAreInOrderOfTime(t *testing.T) {
	times := []int64{1, 255, 256, 1_800_000_000, 1 << 40, 1<<63 - 1}
	var keys [][]byte
	for _, at := range times {
		k := expiryKey(at, "id")
		if expiryOf(k) != at {
			t.Errorf("expiryOf(expiryKey(%d)) = %d", at, expiryOf(k))
		}
		keys = append(keys, k)
	}
	if !slices.IsSortedFunc(keys, bytes.Compare) {
		t.Error("keys are not in the order of their times")
	}
}

func TestBucketsOfKindsAreApart(t *testing.T) {
	names := make(map[string]bool)
	for _, kind := range []string{"a", "a.b", "meta", "l", "a-b"} {
		all := [][]byte{
			recordsBucket(&storage.Kind{Name: kind}), recordsBucket(&storage.Kind{Name: kind, Passing: true}),
			expiryBucket(kind), indexBucket(kind, "a"), indexBucket(kind, "b"), metaBucket,
		}
		for _, name := range all[:5] {
			if names[string(name)] || bytes.Equal(name, metaBucket) {
				t.Errorf("%q is the name of two buckets", name)
			}
			names[string(name)] = true
			if got := kindOf(name); got != kind {
				t.Errorf("kindOf(%q) = %q", name, got)
			}
		}
	}
}
