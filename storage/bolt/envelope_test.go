package bolt

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"signet/storage"
)

var (
	sample = storage.Record{
		Key:     storage.Key{Kind: &storage.Kind{Name: "sample"}, ID: "id", Expires: 1_800_000_000},
		Version: 300,
		Value:   []byte("value"),
		Index:   []storage.Entry{{Index: "x", Value: []byte("one")}, {Index: "y", Value: []byte{0, 0xFF}}},
	}
	sampleBucket = []byte("l:sample")
	sampleKey    = []byte("id")
)

func TestEnvelope(t *testing.T) {
	passing := sample
	passing.Kind = &storage.Kind{Name: "sample", Passing: true}
	bare := storage.Record{Key: storage.Key{Kind: sample.Kind, ID: "id"}, Version: 1}
	for _, r := range []storage.Record{sample, passing, bare} {
		bucket, key := recordsBucket(r.Kind), recordKey(r.Key)
		env, err := decode(bucket, key, encode(bucket, key, r))
		if err != nil {
			t.Fatal(err)
		}
		got := storage.Record{Key: r.Key}
		env.fill(&got)
		if diff := cmp.Diff(r, got, cmpopts.EquateEmpty()); diff != "" {
			t.Error(diff)
		}
	}
}

func TestEnvelopeHasNoEntryTwice(t *testing.T) {
	r := sample
	r.Index = []storage.Entry{r.Index[0], r.Index[1], r.Index[0], r.Index[1], r.Index[0]}
	env, err := decode(sampleBucket, sampleKey, encode(sampleBucket, sampleKey, r))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sample.Index, env.entries); diff != "" {
		t.Error(diff)
	}
}

func TestEveryFlippedBitIsDamage(t *testing.T) {
	raw := encode(sampleBucket, sampleKey, sample)
	for i := range raw {
		for bit := range 8 {
			raw[i] ^= 1 << bit
			if _, err := decode(sampleBucket, sampleKey, raw); !errors.Is(err, storage.ErrDamaged) {
				t.Fatalf("byte %d bit %d: got error %v, want ErrDamaged", i, bit, err)
			}
			raw[i] ^= 1 << bit
		}
		if _, err := decode(sampleBucket, sampleKey, raw[:i]); !errors.Is(err, storage.ErrDamaged) {
			t.Fatalf("%d bytes: got error %v, want ErrDamaged", i, err)
		}
	}
	for _, place := range [][2]string{{"l:sample", "ie"}, {"l:simple", "id"}, {"p:sample", "id"}} {
		if _, err := decode([]byte(place[0]), []byte(place[1]), raw); !errors.Is(err, storage.ErrDamaged) {
			t.Errorf("found at %s: got error %v, want ErrDamaged", place, err)
		}
	}
}

// FuzzDecode gives decode bytes with a good checksum, as a mistaken writer might.
func FuzzDecode(f *testing.F) {
	f.Add(encode(sampleBucket, sampleKey, sample)[checksumSize:])
	f.Add([]byte{1, 0, 1, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01})
	f.Fuzz(func(t *testing.T, rest []byte) {
		raw := sealed(rest)
		env, err := decode(sampleBucket, sampleKey, raw)
		if err != nil {
			return
		}
		r := storage.Record{Key: sample.Key}
		env.fill(&r)
		again, err := decode(sampleBucket, sampleKey, encode(sampleBucket, sampleKey, r))
		if err != nil || again.version != env.version || len(again.value) != len(env.value) {
			t.Fatalf("decoded %v, encoded and decoded again %v, error %v", env, again, err)
		}
	})
}

func sealed(rest []byte) []byte {
	raw := make([]byte, checksumSize, checksumSize+len(rest))
	raw = append(raw, rest...)
	sum := checksum(sampleBucket, sampleKey, rest)
	raw[0], raw[1], raw[2], raw[3] = byte(sum), byte(sum>>8), byte(sum>>16), byte(sum>>24)
	return raw
}
