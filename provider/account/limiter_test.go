package account

import (
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func newLimiter(c *clock, change ...func(*LimiterConfig)) *Limiter {
	cfg := LimiterConfig{Account: 3, AccountEvery: time.Minute, Network: 5, NetworkEvery: time.Second, Clock: c.time}
	for _, f := range change {
		f(&cfg)
	}
	return NewLimiter(cfg)
}

func drain(l *Limiter, account AccountKey, addr netip.Addr) (allowed int) {
	for {
		ok, _ := l.Allow(account, addr)
		if !ok {
			return allowed
		}
		allowed++
	}
}

func addrOf(i int) netip.Addr { return netip.AddrFrom4([4]byte{10, byte(i >> 8), byte(i), 1}) }

// However an account is spelled, it is one account.
func TestAttack_AH04_OneAccountInAllSpellings(t *testing.T) {
	w := newWorld(t)
	_, err := w.AddPerson(t.Context(), Person{Username: "ada", Email: "ada.king@example.org"}, goodPassword)
	noErr(t, err)
	for _, spellings := range [][]string{
		{"ada", "ADA", " ada ", "\uff41da", "ada.king@example.org", "Ada.King@EXAMPLE.org", "ada.king@example.org.", "ada.king@example\u3002org"},
		{"nobody", "NOBODY", "nobody ", "\uff4eobody"},
		{"nobody@example.org", "Nobody@Example.org", " nobody@example.org"},
	} {
		first, err := w.AccountKey(t.Context(), spellings[0])
		noErr(t, err)
		for _, s := range spellings {
			key, err := w.AccountKey(t.Context(), s)
			noErr(t, err)
			if key != first {
				t.Errorf("%q and %q are limited apart", spellings[0], s)
			}
		}
	}
	ada, _ := w.AccountKey(t.Context(), "ada")
	for _, other := range []string{"bob", "ada+x", "ada.king+x@example.org", "\x00", ""} {
		key, err := w.AccountKey(t.Context(), other)
		noErr(t, err)
		if key == ada {
			t.Errorf("%q is taken for ada", other)
		}
	}
}

func TestAttack_AH04_Networks(t *testing.T) {
	same := [][]string{
		{"192.0.2.1", "192.0.2.254", "::ffff:192.0.2.7"},
		{"2001:db8:1:100::1", "2001:db8:1:1ff:ffff::2", "2001:db8:1:100::1%eth0"},
		{"127.0.0.1", "127.0.0.9"},
	}
	for _, group := range same {
		c := &clock{now: time.Unix(1e9, 0)}
		l := newLimiter(c)
		for i := range 5 {
			if ok, _ := l.Allow(AccountKey{byte(i)}, netip.MustParseAddr(group[i%len(group)])); !ok {
				t.Fatalf("try %d from %v is refused", i, group)
			}
		}
		for _, addr := range group {
			if ok, wait := l.Allow(AccountKey{99}, netip.MustParseAddr(addr)); ok || wait <= 0 {
				t.Errorf("%s is not of the network of %v", addr, group)
			}
		}
		for _, other := range []string{"192.0.3.1", "2001:db8:1:200::1", "127.0.1.1", "::1"} {
			if ok, _ := l.Allow(AccountKey{99}, netip.MustParseAddr(other)); !ok {
				t.Errorf("%s is of the network of %v", other, group)
			}
			l.Succeeded(AccountKey{99}, netip.MustParseAddr(other))
		}
	}
	// A socket has no address; it is limited all the same.
	l := newLimiter(&clock{now: time.Unix(1e9, 0)})
	for i := range 5 {
		l.Allow(AccountKey{byte(i)}, netip.Addr{})
	}
	if ok, _ := l.Allow(AccountKey{99}, netip.Addr{}); ok {
		t.Error("no address is not limited")
	}
}

// Signing in with an account of one's own frees no other account, and gives the network back no more than the one try.
func TestAttack_AH04_SuccessResetsOwnAccountOnly(t *testing.T) {
	c := &clock{now: time.Unix(1e9, 0)}
	l := newLimiter(c)
	victim, own, addr := AccountKey{1}, AccountKey{2}, addrOf(1)
	if n := drain(l, victim, addr); n != 3 {
		t.Fatalf("%d tries, want 3", n)
	}
	for range 20 {
		if ok, _ := l.Allow(own, addr); !ok {
			t.Fatal("an honest person behind the same address is refused")
		}
		l.Succeeded(own, addr)
	}
	if ok, _ := l.Allow(victim, addr); ok {
		t.Error("the victim's account is free again")
	}
	if n := drain(l, AccountKey{3}, addr); n != 2 {
		t.Errorf("%d more tries from the network, want 2", n)
	}
	l = newLimiter(c)
	drain(l, own, addr)
	c.advance(time.Minute)
	if ok, _ := l.Allow(own, addr); !ok {
		t.Fatal("no try after the delay")
	}
	l.Succeeded(own, addr)
	if n := drain(l, own, addrOf(2)); n != 3 {
		t.Errorf("%d tries after success, want 3", n)
	}
}

// It is a delay and no lock: one more try after each wait, whatever was tried in between.
func TestLimiter_DelaysAndNeverLocks(t *testing.T) {
	c := &clock{now: time.Unix(1e9, 0)}
	l := newLimiter(c)
	account := AccountKey{1}
	drain(l, account, addrOf(1))
	for i := range 5 {
		for j := range 10 {
			if ok, _ := l.Allow(account, addrOf(100+j)); ok {
				t.Fatal("a try before its time")
			}
		}
		_, wait := l.Allow(account, addrOf(2))
		if wait <= 0 || wait > time.Minute {
			t.Fatalf("wait %s", wait)
		}
		c.advance(wait)
		if ok, _ := l.Allow(account, addrOf(10+i)); !ok {
			t.Fatalf("no try after the wait it asked for")
		}
	}
	c.advance(-time.Hour)
	if ok, _ := l.Allow(account, addrOf(3)); ok {
		t.Error("a clock that is set back gives tries")
	}
	if ok, _ := l.Allow(AccountKey{2}, addrOf(4)); !ok {
		t.Fatal("an account that was never tried is refused")
	}
	c.advance(-time.Hour)
	if ok, _ := l.Allow(AccountKey{2}, addrOf(4)); !ok {
		t.Error("a clock that is set back takes tries away")
	}
	c.advance(3 * time.Hour)
	if n := drain(l, account, addrOf(3)); n != 3 {
		t.Errorf("%d tries after a long time, want 3", n)
	}
}

func TestLimiter_Withdrawn(t *testing.T) {
	l := newLimiter(&clock{now: time.Unix(1e9, 0)})
	for range 50 {
		if ok, _ := l.Allow(AccountKey{1}, addrOf(1)); !ok {
			t.Fatal("a try that was not judged counts")
		}
		l.Withdrawn(AccountKey{1}, addrOf(1))
	}
	if n := drain(l, AccountKey{1}, addrOf(1)); n != 3 {
		t.Errorf("%d tries, want 3", n)
	}
}

func TestLimiter_ManyAtOnce(t *testing.T) {
	l := newLimiter(&clock{now: time.Unix(1e9, 0)}, func(c *LimiterConfig) { c.Network = 1000 })
	var allowed atomic.Int64
	var all sync.WaitGroup
	for i := range 64 {
		all.Go(func() {
			if ok, _ := l.Allow(AccountKey{1}, addrOf(i)); ok {
				allowed.Add(1)
			}
		})
	}
	all.Wait()
	if allowed.Load() != 3 {
		t.Errorf("%d tries at once, want 3", allowed.Load())
	}
}

// However many accounts and networks are tried, memory is bounded, and a delay is not washed out.
func TestLimiter_Bounded(t *testing.T) {
	c := &clock{now: time.Unix(1e9, 0)}
	l := newLimiter(c, func(c *LimiterConfig) { c.Entries = 100 })
	victim := AccountKey{1}
	drain(l, victim, addrOf(0))
	for i := range 5000 {
		l.Allow(AccountKey([]byte(fmt.Sprintf("account %8d", i))), addrOf(i))
		if n := len(l.buckets); n > 100 {
			t.Fatalf("%d entries", n)
		}
	}
	if ok, _ := l.Allow(victim, addrOf(9999)); ok {
		t.Error("the victim's delay is forgotten")
	}
}
