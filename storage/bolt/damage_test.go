package bolt

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"signet/storage"
)

var (
	damagedFiles = flag.Int("damaged", 14, "how many damaged files of each sort to try")
	damageSeed   = flag.Uint64("damage-seed", 1, "seed of the damage, 0 for a new one")
)

// damagedRecords is how many records of each kind the files have.
const damagedRecords = 400

// TestDamagedFiles damages a store in every way that a disk has and lets a child open and use what comes out. It must not
// crash or hang, nor serve a wrong value, and a record may be missing only if Check says so.
func TestDamagedFiles(t *testing.T) {
	seed := *damageSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("-damage-seed=%d", seed)
	rnd := rand.New(rand.NewPCG(seed, 0))
	whole := wholeStore(t)
	for name, damage := range damages {
		for _, how := range []string{"probe", "blind"} {
			if name == "page numbers" && how == "blind" {
				// Branches in a circle: what Open does not look at and bbolt follows until the stack is full. A crash it
				// is, but nothing wrong is served.
				continue
			}
			t.Run(name+"/"+how, func(t *testing.T) {
				dir := t.TempDir()
				for i := range *damagedFiles {
					b := damage(rnd, bytes.Clone(whole))
					if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%04d.db", i)), b, 0o600); err != nil {
						t.Fatal(err)
					}
				}
				probe(t, how, dir)
			})
		}
	}
}

// wholeStore is the bytes of a store, as much of its file as bbolt uses.
func wholeStore(t *testing.T) []byte {
	e := openNew(t)
	fill(t, e, damagedRecords, 50)
	for i := range damagedRecords / 2 {
		// Written over and deleted, so that there are free pages in between.
		apply(t, e, storage.Batch{Then: []storage.Write{{Record: nth(lasting, damagedRecords+i)}, {Record: nth(lasting, i)}}})
		apply(t, e, storage.Batch{Then: []storage.Write{{Record: nth(lasting, damagedRecords+i), Delete: true}}})
	}
	var b bytes.Buffer
	if err := e.Backup(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const sector = 512

var damages = map[string]func(*rand.Rand, []byte) []byte{
	"truncated": func(rnd *rand.Rand, b []byte) []byte {
		return b[:rnd.IntN(len(b))]
	},
	"a few bits": func(rnd *rand.Rand, b []byte) []byte {
		for range 1 + rnd.IntN(8) {
			b[rnd.IntN(len(b))] ^= 1 << rnd.IntN(8)
		}
		return b
	},
	"bits at the start of a page": func(rnd *rand.Rand, b []byte) []byte {
		at := rnd.IntN(len(b)/4096) * 4096
		b[at+rnd.IntN(64)] ^= 1 << rnd.IntN(8)
		return b
	},
	"zeroed sectors": func(rnd *rand.Rand, b []byte) []byte {
		for range 1 + rnd.IntN(4) {
			clear(b[rnd.IntN(len(b)/sector)*sector:][:sector])
		}
		return b
	},
	"random sectors": func(rnd *rand.Rand, b []byte) []byte {
		for i := range b[rnd.IntN(len(b)/sector)*sector:][:sector] {
			b[i] = byte(rnd.Uint32())
		}
		return b
	},
	"swapped pages": func(rnd *rand.Rand, b []byte) []byte {
		one, two := b[rnd.IntN(len(b)/4096)*4096:][:4096], b[rnd.IntN(len(b)/4096)*4096:][:4096]
		other := bytes.Clone(one)
		copy(one, two)
		copy(two, other)
		return b
	},
	"page numbers": func(rnd *rand.Rand, b []byte) []byte {
		// A page that says it is another passes for that one: stale branches may go round in circles.
		at, other := rnd.IntN(len(b)/4096), rnd.IntN(len(b)/4096)
		copy(b[at*4096:][:4096], b[other*4096:][:4096])
		b[at*4096], b[at*4096+1] = byte(at), byte(at>>8)
		return b
	},
	"torn tail": func(rnd *rand.Rand, b []byte) []byte {
		clear(b[rnd.IntN(len(b)):])
		return b
	},
}

// probe has children look at every file of a directory. A child that dies or hangs on one is followed by another.
func probe(t *testing.T, how, dir string) {
	for {
		left, _ := filepath.Glob(filepath.Join(dir, "*.db"))
		if len(left) == 0 {
			return
		}
		cmd := child(t, how, dir)
		var stderr strings.Builder
		cmd.Stderr = &stderr
		lines := started(t, cmd)
		current := "start"
		timer := time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill() })
		for lines.Scan() {
			word, rest, _ := strings.Cut(lines.Text(), " ")
			if word == "fault" {
				t.Errorf("%s: %s", current, rest)
			} else {
				current = rest
			}
			timer.Reset(time.Minute)
		}
		timer.Stop()
		if err := cmd.Wait(); err != nil {
			t.Errorf("%s: the child ended: %v\n%s", current, err, stderr.String()[:min(1000, stderr.Len())])
			_ = os.Remove(filepath.Join(dir, current))
		}
	}
}

// probeFiles is the child: it removes each file that it has got through.
func probeFiles(dir string) error {
	files, err := filepath.Glob(filepath.Join(dir, "*.db"))
	if err != nil {
		return err
	}
	for _, path := range files {
		fmt.Println("file", filepath.Base(path))
		if err := probeFile(path); err != nil {
			fmt.Println("fault", strings.ReplaceAll(err.Error(), "\n", "; "))
		}
		if err := os.Remove(path); err != nil {
			return err
		}
	}
	return nil
}

// probeFilesBlindly is as if the files were too large for Open to look at all of their pages.
func probeFilesBlindly(dir string) error {
	inspectedPages = 2
	return probeFiles(dir)
}

// probeFile uses a store in all ways. Every error must be an ErrDamaged, or what follows from one.
func probeFile(path string) error {
	e, err := Open(path, Options{})
	if err != nil {
		return allowed(err)
	}
	defer e.Close()
	ctx := context.Background()
	damage := e.Check(ctx)
	if err := allowed(damage); err != nil {
		return err
	}
	missing, err := probeRecords(ctx, e)
	if err != nil {
		return err
	}
	if missing > 0 && damage == nil {
		return fmt.Errorf("%d records are missing and Check finds nothing", missing)
	}
	return probeWrites(ctx, e)
}

func allowed(err error) error {
	for _, kind := range []error{storage.ErrDamaged, storage.ErrSchema, storage.ErrStopped} {
		if errors.Is(err, kind) {
			return nil
		}
	}
	return err
}

// probeRecords reads all records, in all ways, and counts those that are missing.
func probeRecords(ctx context.Context, e *Engine) (missing int, err error) {
	for _, k := range []*storage.Kind{lasting, passing} {
		for i := range damagedRecords {
			want := nth(k, i)
			recs, err := e.Get(ctx, start, want.Key)
			switch {
			case err != nil:
				if err := allowed(err); err != nil {
					return 0, err
				}
			case !recs[0].Present():
				missing++
			case recs[0].Version != want.Version || !bytes.Equal(recs[0].Value, want.Value):
				return 0, fmt.Errorf("%s %s: got version %d, value %.40q", k.Name, want.ID, recs[0].Version, recs[0].Value)
			}
		}
		for _, index := range []string{"", "x"} {
			if err := probeList(ctx, e, storage.Query{Kind: k, Index: index, Limit: 100}); err != nil {
				return 0, err
			}
		}
	}
	return missing, nil
}

func probeList(ctx context.Context, e *Engine, q storage.Query) error {
	for range 100 {
		page, err := e.List(ctx, start, q)
		if err != nil {
			return allowed(err)
		}
		if q.After = page.Next; q.After == "" {
			return nil
		}
	}
	return fmt.Errorf("the list of %s by %q does not end", q.Kind.Name, q.Index)
}

func probeWrites(ctx context.Context, e *Engine) error {
	for i := range 3 {
		var b storage.Batch
		for j := range 10 {
			b.Add(puts(nth(lasting, i+j*37), nth(passing, i+j*37), nth(lasting, 5000+10*i+j)))
		}
		if err := allowed(e.Apply(ctx, start, b)); err != nil {
			return err
		}
	}
	_, err := e.Sweep(ctx, start+1050, 1000)
	return allowed(err)
}
