package keys

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"signet/storage"
)

func TestOpen_FirstStartSignsAtOnce(t *testing.T) {
	s := newSite(t)
	r := s.node(t)
	for _, name := range initial {
		infos := list(t, r, name, Next, Active, Retired)
		if len(infos) != 1 || infos[0].State != Active || !infos[0].Active.Equal(s.now()) {
			t.Errorf("%s: %+v", name, infos)
		}
	}
	again := s.node(t)
	if signer(t, again, "RS256").KeyID != signer(t, r, "RS256").KeyID {
		t.Error("the second start made another key")
	}
}

func TestOpen_UnusableConfig(t *testing.T) {
	good := newSite(t).config()
	for name, change := range map[string]func(*Config){
		"no DB":                    func(c *Config) { c.DB = nil },
		"no randomness":            func(c *Config) { c.Rand = nil },
		"no log":                   func(c *Config) { c.Log = nil },
		"negative lead":            func(c *Config) { c.Lead = -1 },
		"negative retention":       func(c *Config) { c.Retain = -1 },
		"period not above lead":    func(c *Config) { c.Lead, c.Period = time.Hour, time.Hour },
		"period below usual lead":  func(c *Config) { c.Period = time.Hour },
		"negative time of reading": func(c *Config) { c.Every = -1 },
	} {
		c := good
		change(&c)
		if r, err := Open(context.Background(), c); err == nil || r != nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// However many nodes start for the first time at once, and however many goroutines want a further algorithm, one key comes of it.
func TestRing_FirstKeysRace(t *testing.T) {
	s := newSite(t)
	const nodes = 4
	rings, ids := make([]*Ring, nodes), make([][2]string, nodes*4)
	var wg sync.WaitGroup
	for i := range rings {
		wg.Go(func() { rings[i] = s.node(t) })
	}
	wg.Wait()
	for i := range ids {
		wg.Go(func() {
			r := rings[i%nodes]
			ids[i] = [2]string{signer(t, r, "ES256").KeyID, signer(t, r, "ES384").KeyID}
		})
	}
	wg.Wait()
	for _, got := range ids {
		if got != ids[0] {
			t.Errorf("nodes sign with different keys: %v, %v", got, ids[0])
		}
	}
	for _, name := range []string{"RS256", "ES256", "ES384"} {
		if infos := list(t, rings[0], name, Next, Active, Retired); len(infos) != 1 {
			t.Errorf("%s: %d keys", name, len(infos))
		}
	}
}

func TestRing_UnknownAlgorithm(t *testing.T) {
	r := newSite(t).node(t)
	for _, name := range []string{"", "none", "HS256", "rs256", "RSA-OAEP"} {
		if _, err := r.Signer(context.Background(), name); !errors.Is(err, ErrAlgorithm) {
			t.Errorf("%q: %v, want ErrAlgorithm", name, err)
		}
		if _, err := r.Rotate(context.Background(), name, true); !errors.Is(err, ErrAlgorithm) {
			t.Errorf("rotate %q: %v, want ErrAlgorithm", name, err)
		}
	}
}

// A key goes through its states by the clock alone; only publishing the next and removing the last need a Tick.
func TestRing_LifeOfAKey(t *testing.T) {
	s := newSite(t)
	r := s.node(t)
	ctx := context.Background()
	first := signer(t, r, "ES256").KeyID
	expect := func(when string, next, active, retired int) {
		t.Helper()
		if err := r.Tick(ctx); err != nil {
			t.Fatal(err)
		}
		got := [3]int{len(list(t, r, "ES256", Next)), len(list(t, r, "ES256", Active)), len(list(t, r, "ES256", Retired))}
		if got != [3]int{next, active, retired} {
			t.Errorf("%s: next, active, retired %v, want %v", when, got, [3]int{next, active, retired})
		}
	}
	expect("at first", 0, 1, 0)
	s.advance(89*day - time.Second)
	expect("just before lead", 0, 1, 0)
	s.advance(time.Second)
	expect("at lead", 1, 1, 0)
	second := list(t, r, "ES256", Next)[0].KeyID
	s.advance(day - time.Second)
	if signer(t, r, "ES256").KeyID != first {
		t.Error("the next key signs before its time")
	}
	s.advance(time.Second)
	if signer(t, r, "ES256").KeyID != second {
		t.Error("the old key signs after its time")
	}
	expect("at the switch", 0, 1, 1)
	s.advance(89 * day)
	expect("before the second switch", 1, 1, 1)
	s.advance(11*day - time.Second)
	expect("at the end of retention", 0, 1, 2)
	s.advance(time.Second)
	if strings.Contains(string(r.JWKS().Body), first) {
		t.Error("the first key is still published")
	}
	expect("after it", 0, 1, 1)
}

// After a standstill the old key goes on until the new one has been published for Lead.
func TestRing_LongStandstill(t *testing.T) {
	s := newSite(t)
	old := signer(t, s.node(t), "ES256").KeyID
	s.advance(500 * day)
	r := s.node(t)
	if err := r.Tick(context.Background()); err != nil {
		t.Fatal(err)
	}
	if next := list(t, r, "ES256", Next); len(next) != 1 || !next[0].Active.Equal(s.now().Add(day)) {
		t.Errorf("next: %+v", next)
	}
	s.advance(day - time.Second)
	if signer(t, r, "ES256").KeyID != old {
		t.Error("the new key signs too early")
	}
	s.advance(time.Second)
	if signer(t, r, "ES256").KeyID == old {
		t.Error("the old key still signs")
	}
}

func TestRing_ClockSetBack(t *testing.T) {
	s := newSite(t)
	r := s.node(t)
	id := signer(t, r, "ES256").KeyID
	s.advance(-400 * day)
	if got := signer(t, r, "ES256").KeyID; got != id {
		t.Errorf("signs with %s", got)
	}
	if err := r.Tick(context.Background()); err != nil {
		t.Fatal(err)
	}
	if n := len(list(t, r, "ES256", Next, Active, Retired)); n != 1 {
		t.Errorf("%d keys", n)
	}
}

func TestRotate_NowSignsAtOnceAndOthersFollow(t *testing.T) {
	s := newSite(t)
	a, b := s.node(t), s.node(t)
	ctx := context.Background()
	old := sign(t, signer(t, a, "ES256"), "JWT", `{}`)
	info, err := a.Rotate(ctx, "ES256", true)
	if err != nil {
		t.Fatal(err)
	}
	if got := signer(t, a, "ES256").KeyID; got != info.KeyID || info.State != Active {
		t.Errorf("signs with %s, rotated to %+v", got, info)
	}
	token := sign(t, signer(t, a, "ES256"), "JWT", `{}`)
	for _, token := range []string{old, token} {
		if _, _, err := b.Verify(ctx, token, anyJWT); err != nil {
			t.Errorf("the other node: %v", err)
		}
		if _, _, err := a.Verify(ctx, token, anyJWT); err != nil {
			t.Errorf("this node: %v", err)
		}
	}
	if string(a.JWKS().Body) != string(b.JWKS().Body) || a.JWKS().ETag != b.JWKS().ETag {
		t.Error("the nodes publish different keys")
	}
}

func TestRotate_GracefulWaitsForLead(t *testing.T) {
	s := newSite(t)
	r := s.node(t)
	ctx := context.Background()
	old := signer(t, r, "ES256").KeyID
	info, err := r.Rotate(ctx, "ES256", false)
	if err != nil || info.State != Next || !info.Active.Equal(s.now().Add(day)) {
		t.Fatalf("%+v, %v", info, err)
	}
	s.advance(time.Hour)
	again, err := r.Rotate(ctx, "ES256", false)
	if err != nil || again.KeyID != info.KeyID || !again.Active.Equal(info.Active) {
		t.Errorf("asked again: %+v, %v; want the same key at the same time", again, err)
	}
	if signer(t, r, "ES256").KeyID != old {
		t.Error("signs before it was published for the lead")
	}
	s.advance(23 * time.Hour)
	if signer(t, r, "ES256").KeyID != info.KeyID {
		t.Error("does not sign after the lead")
	}
}

func TestRotate_PromotesTheNextEarly(t *testing.T) {
	s := newSite(t)
	c := s.config()
	c.Lead = 10 * day
	r, err := Open(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	s.advance(85 * day)
	if err := r.Tick(context.Background()); err != nil {
		t.Fatal(err)
	}
	next := list(t, r, "ES256", Next)[0]
	if !next.Active.Equal(s.now().Add(10 * day)) {
		t.Fatalf("next: %+v", next)
	}
	s.advance(4 * day)
	info, err := r.Rotate(context.Background(), "ES256", false)
	if err != nil || info.KeyID != next.KeyID || !info.Active.Equal(next.Created.Add(10*day)) {
		t.Errorf("%+v, %v", info, err)
	}
	fresh, err := r.Rotate(context.Background(), "ES256", true)
	if err != nil || fresh.KeyID == next.KeyID || fresh.State != Active {
		t.Errorf("now: %+v, %v; want a fresh key", fresh, err)
	}
	if left := list(t, r, "ES256", Next); len(left) != 0 {
		t.Errorf("still waiting: %+v", left)
	}
}

func TestRotate_RacingNodesLeaveOneSigning(t *testing.T) {
	s := newSite(t)
	rings := []*Ring{s.node(t), s.node(t), s.node(t)}
	var wg sync.WaitGroup
	for _, r := range rings {
		wg.Go(func() {
			if _, err := r.Rotate(context.Background(), "ES256", true); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := len(list(t, rings[0], "ES256", Active)); n != 1 {
		t.Errorf("%d keys sign", n)
	}
	if n := len(list(t, rings[0], "ES256", Next, Active, Retired)); n != 4 {
		t.Errorf("%d keys, want 4: nothing is lost", n)
	}
}

func TestTick_RacingNodesPublishOneNext(t *testing.T) {
	s := newSite(t)
	rings := []*Ring{s.node(t), s.node(t), s.node(t)}
	s.advance(89 * day)
	var wg sync.WaitGroup
	for _, r := range rings {
		wg.Go(func() {
			if err := r.Tick(context.Background()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, name := range initial {
		if next, active := len(list(t, rings[0], name, Next)), len(list(t, rings[0], name, Active)); next != 1 || active != 1 {
			t.Errorf("%s: %d next, %d active", name, next, active)
		}
	}
	if string(rings[0].JWKS().Body) != string(rings[2].JWKS().Body) {
		t.Error("the nodes publish different keys")
	}
}

func TestWithdraw(t *testing.T) {
	s := newSite(t)
	r := s.node(t)
	ctx := context.Background()
	old := signer(t, r, "ES256")
	if err := r.Withdraw(ctx, old.KeyID); !errors.Is(err, ErrSigning) {
		t.Errorf("the signing one: %v", err)
	}
	if err := r.Withdraw(ctx, "nobody"); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("an unknown one: %v", err)
	}
	token := sign(t, old, "JWT", `{}`)
	if _, err := r.Rotate(ctx, "ES256", true); err != nil {
		t.Fatal(err)
	}
	if _, _, err := r.Verify(ctx, token, anyJWT); err != nil {
		t.Errorf("retired: %v", err)
	}
	if err := r.Withdraw(ctx, old.KeyID); err != nil {
		t.Fatal(err)
	}
	if _, _, err := r.Verify(ctx, token, anyJWT); !errors.Is(err, ErrUnknownKey) {
		t.Errorf("withdrawn: %v", err)
	}
	if strings.Contains(string(r.JWKS().Body), old.KeyID) {
		t.Error("still published")
	}
}

// Run hears of another node's change, and stops with its context.
func TestRun_FollowsOtherNodes(t *testing.T) {
	s := newSite(t)
	a, b := s.node(t), s.node(t)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { b.Run(ctx); close(done) }()
	info, err := a.Rotate(context.Background(), "ES256", true)
	if err != nil {
		t.Fatal(err)
	}
	for signer(t, b, "ES256").KeyID != info.KeyID {
		time.Sleep(time.Millisecond)
	}
	cancel()
	<-done
}

// counted counts the reads of an engine.
type counted struct {
	storage.Engine
	reads atomic.Int64
}

func (c *counted) Get(ctx context.Context, now int64, keys ...storage.Key) ([]storage.Record, error) {
	c.reads.Add(1)
	return c.Engine.Get(ctx, now, keys...)
}

// Signing and verifying read nothing; invented key ids make one read in a second.
func TestRing_HotPathsReadNothing(t *testing.T) {
	s := newSite(t)
	engine := &counted{Engine: s.engine}
	s.db = storage.New(engine, NewSealer(s.master, rand.Reader), s.now)
	r := s.node(t)
	ctx := context.Background()
	engine.reads.Store(0)
	expect := func(when string, want int64) {
		t.Helper()
		if got := engine.reads.Load(); got != want {
			t.Errorf("%s: %d reads, want %d", when, got, want)
		}
	}
	for range 10 {
		if _, _, err := r.Verify(ctx, sign(t, signer(t, r, "ES256"), "JWT", `{}`), anyJWT); err != nil {
			t.Fatal(err)
		}
		r.JWKS()
		s.advance(day)
	}
	expect("usual work", 0)
	unknown := sign(t, generated(t, "ES256"), "JWT", `{}`)
	for range 10 {
		if _, _, err := r.Verify(ctx, unknown, anyJWT); !errors.Is(err, ErrUnknownKey) {
			t.Fatal(err)
		}
	}
	expect("ten invented keys at once", 1)
	s.advance(time.Second)
	_, _, _ = r.Verify(ctx, unknown, anyJWT)
	expect("a second later", 2)
}

// When the storage is gone, what is loaded goes on, and what needs it says so.
func TestRing_StorageGone(t *testing.T) {
	s := newSite(t)
	r := s.node(t)
	if err := s.engine.Close(); err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	token := sign(t, signer(t, r, "RS256"), "JWT", `{}`)
	if _, _, err := r.Verify(ctx, token, anyJWT); err != nil {
		t.Errorf("verify: %v", err)
	}
	if len(r.JWKS().Body) == 0 {
		t.Error("no JWKS")
	}
	if _, err := r.Signer(ctx, "ES512"); !errors.Is(err, storage.ErrStopped) {
		t.Errorf("a further algorithm: %v, want ErrStopped", err)
	}
	if err := r.Tick(ctx); !errors.Is(err, storage.ErrStopped) {
		t.Errorf("tick: %v, want ErrStopped", err)
	}
	if signer(t, r, "RS256") == nil {
		t.Error("a failed tick lost the keys")
	}
}

func BenchmarkOpenAgain(b *testing.B) {
	s := newSite(b)
	s.node(b)
	b.ReportAllocs()
	for b.Loop() {
		s.node(b)
	}
}

func BenchmarkVerify(b *testing.B) {
	s := newSite(b)
	r := s.node(b)
	for _, name := range initial {
		token := sign(b, signer(b, r, name), "at+jwt", `{"iss":"https://id.example","sub":"`+strings.Repeat("s", 300)+`"}`)
		opts := VerifyOptions{Algorithms: initial, Types: []string{"at+jwt"}}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := r.Verify(context.Background(), token, opts); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("set", func(b *testing.B) {
		es := generated(b, "ES256")
		set := &Set{Keys: []PublicKey{es.Public()}}
		token := sign(b, es, "JWT", `{}`)
		b.ReportAllocs()
		for b.Loop() {
			if _, _, err := VerifyWith(set, token, anyJWT); err != nil {
				b.Fatal(err)
			}
		}
	})
}
