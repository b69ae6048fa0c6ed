package storagetest

import (
	"fmt"
	"strings"

	"signet/storage"
)

var getTests = []test{
	{"absent", func(h *harness) {
		for _, k := range both {
			h.wantAbsent(key(k, "nobody"))
		}
	}},
	{"nothing", func(h *harness) { h.get() }},
	{"as written", func(h *harness) {
		for _, k := range both {
			w := put(key(k, "a"), 1, "value", entry("x", "one"), entry("x", "two"), entry("y", "\x00\xff"))
			h.write(w)
			h.want(w)
		}
	}},
	{"without end", func(h *harness) {
		w := put(forever("a"), 1, "value")
		h.write(w)
		h.now += 1000 * hour * 24
		h.want(w)
	}},
	{"in the order of the keys", getInOrder},
	{"one key twice", func(h *harness) {
		w := put(forever("a"), 3, "value")
		h.write(w)
		for _, r := range h.get(w.Key, w.Key) {
			if diff := difference(r, w.Record); diff != "" {
				h.Fatal(diff)
			}
		}
	}},
	{"lasting keys ignore expiry", func(h *harness) {
		w := put(key(lasting, "a"), 1, "value")
		h.write(w)
		asked := w.Key
		asked.Expires = 5
		if diff := difference(h.get(asked)[0], w.Record); diff != "" {
			h.Fatal(diff)
		}
	}},
	{"passing keys include expiry", func(h *harness) {
		w := put(key(passing, "a"), 1, "value")
		other := w
		other.Expires++
		other.Value = []byte("other")
		h.write(w, other)
		h.want(w)
		h.want(other)
		other.Key.Expires++
		h.wantAbsent(other.Key)
	}},
	{"kinds are apart", func(h *harness) {
		a, b := put(forever("a"), 1, "lasting"), put(storage.Key{Kind: noticed, ID: "a"}, 2, "noticed")
		h.write(a, b)
		h.want(a)
		h.want(b)
	}},
	{"any bytes", getAnyBytes},
	{"largest", getLargest},
	{"the answer is the caller's own", getOwn},
}

func getInOrder(h *harness) {
	var keys []storage.Key
	for i := range 40 {
		k := key(both[i%2], fmt.Sprint("id", (i*7)%40))
		keys = append(keys, k)
		if i%3 != 0 {
			h.write(put(k, uint64(i), k.ID))
		}
	}
	for i, r := range h.get(keys...) {
		if r.ID != keys[i].ID || r.Kind != keys[i].Kind {
			h.Fatalf("record %d is %q, want %q", i, r.ID, keys[i].ID)
		}
		if want := uint64(i) * uint64(min(i%3, 1)); r.Version != want {
			h.Fatalf("record %d has version %d, want %d", i, r.Version, want)
		}
	}
}

func getAnyBytes(h *harness) {
	awkward := []string{"\x00", "\x00\x00", "\xff", "\xff\xff", "\x00\x01", "\x00\xff", "a\x00", "a", "a\x00b", "'", `\`, "\xc3\x28", "é"}
	for _, k := range both {
		for i, id := range awkward {
			h.write(put(key(k, id), uint64(i+1), "value\x00of "+id))
		}
		for i, id := range awkward {
			h.want(put(key(k, id), uint64(i+1), "value\x00of "+id))
		}
	}
}

func getLargest(h *harness) {
	value := strings.Repeat("0123456789abcdef", storage.MaxValue/16)
	for _, k := range both {
		w := put(key(k, strings.Repeat("i", storage.MaxID)), 1<<63-1, value)
		for i := range storage.MaxEntries {
			w.Index = append(w.Index, entry(strings.Repeat("x", 32), fmt.Sprintf("%0*d", storage.MaxIndexValue, i)))
		}
		h.write(w)
		h.want(w)
	}
}

func getOwn(h *harness) {
	w := put(forever("a"), 1, "value", entry("x", "one"))
	mine := put(forever("a"), 1, "value", entry("x", "one"))
	h.write(mine)
	copy(mine.Value, "#####")
	copy(mine.Index[0].Value, "###")
	h.want(w)
	got := h.get(w.Key)[0]
	copy(got.Value, "#####")
	copy(got.Index[0].Value, "###")
	h.want(w)
	listed := h.list(storage.Query{Kind: lasting, Limit: 10})[0]
	copy(listed.Value, "#####")
	h.want(w)
}
