package account

import (
	"errors"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"signet/provider/limit"
)

// gated is a world with a gate: three tries for an account, five from a network, two in a known browser.
type gated struct {
	*world
	gate *Gate
	t    testing.TB
}

func newGated(t testing.TB) *gated {
	w := newWorld(t)
	return &gated{w, w.NewGate(gateConfig(w)), t}
}

func gateConfig(w *world) GateConfig {
	return GateConfig{Keeper: limit.New(limit.Config{DB: w.db}), Account: limit.Rate{Count: 3, Per: 3 * time.Minute},
		Network: limit.Rate{Count: 5, Per: 5 * time.Second}, Device: limit.Rate{Count: 2, Per: 2 * time.Minute}}
}

// try tells whether a try was let through, and if not, how long to wait.
func (g *gated) try(name, password string, addr netip.Addr, device ...Device) (through bool, wait time.Duration) {
	g.t.Helper()
	try := Try{Identifier: name, Password: password, Address: addr}
	if len(device) > 0 {
		try.Device = device[0]
	}
	_, err := g.gate.Authenticate(g.t.Context(), try)
	var held *WaitError
	if errors.As(err, &held) {
		return false, held.Wait
	}
	if err != nil && !errors.Is(err, ErrRefused) {
		g.t.Fatal(err)
	}
	return true, 0
}

func (g *gated) drain(name string, addr netip.Addr) (let int) {
	for {
		if through, _ := g.try(name, "wrong horse", addr); !through {
			return let
		}
		let++
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
		g := newGated(t)
		for i := range 5 {
			if ok, _ := g.try(fmt.Sprint("nobody", i), "wrong horse", netip.MustParseAddr(group[i%len(group)])); !ok {
				t.Fatalf("try %d from %v is refused", i, group)
			}
		}
		for _, addr := range group {
			if ok, wait := g.try("nobody99", "wrong horse", netip.MustParseAddr(addr)); ok || wait <= 0 {
				t.Errorf("%s is not of the network of %v", addr, group)
			}
		}
		for i, other := range []string{"192.0.3.1", "2001:db8:1:200::1", "127.0.1.1", "::1"} {
			if ok, _ := g.try(fmt.Sprint("somebody", i), "wrong horse", netip.MustParseAddr(other)); !ok {
				t.Errorf("%s is of the network of %v", other, group)
			}
		}
	}
	// A socket has no address; it is limited all the same.
	g := newGated(t)
	for i := range 5 {
		g.try(fmt.Sprint("nobody", i), "wrong horse", netip.Addr{})
	}
	if ok, _ := g.try("nobody99", "wrong horse", netip.Addr{}); ok {
		t.Error("no address is not limited")
	}
}

// Signing in with an account of one's own frees no other account, and gives the network back no more than the one try.
func TestAttack_AH04_SuccessResetsOwnAccountOnly(t *testing.T) {
	g := newGated(t)
	g.add(t, "own", goodPassword)
	g.add(t, "victim", goodPassword)
	addr := addrOf(1)
	if n := g.drain("victim", addr); n != 3 {
		t.Fatalf("%d tries, want 3", n)
	}
	for range 20 {
		if ok, _ := g.try("own", goodPassword, addr); !ok {
			t.Fatal("an honest person behind the same address is refused")
		}
	}
	if ok, _ := g.try("victim", goodPassword, addr); ok {
		t.Error("the victim's account is free again")
	}
	if n := g.drain("another", addr); n != 2 {
		t.Errorf("%d more tries from the network, want 2", n)
	}
	g = newGated(t)
	g.add(t, "own", goodPassword)
	g.drain("own", addr)
	g.clock.advance(time.Minute)
	if ok, _ := g.try("own", goodPassword, addr); !ok {
		t.Fatal("no try after the delay")
	}
	if n := g.drain("own", addrOf(2)); n != 3 {
		t.Errorf("%d tries after success, want 3", n)
	}
}

// It is a delay and no lock: one more try after each wait, whatever was tried in between.
func TestAttack_AO15_DelaysAndNeverLocks(t *testing.T) {
	g := newGated(t)
	g.add(t, "ada", goodPassword)
	g.drain("ada", addrOf(1))
	for i := range 5 {
		for j := range 10 {
			if ok, _ := g.try("ada", "wrong horse", addrOf(100+j)); ok {
				t.Fatal("a try before its time")
			}
		}
		_, wait := g.try("ada", "wrong horse", addrOf(2))
		if wait <= 0 || wait > time.Minute {
			t.Fatalf("wait %s", wait)
		}
		g.clock.advance(wait)
		if ok, _ := g.try("ada", "wrong horse", addrOf(10+i)); !ok {
			t.Fatalf("no try after the wait it asked for")
		}
	}
	g.clock.advance(3 * time.Hour)
	if n := g.drain("ada", addrOf(3)); n != 3 {
		t.Errorf("%d tries after a long time, want 3", n)
	}
}

// remembered is a browser in which somebody has signed in.
func (g *gated) remembered(p *Person) Device {
	g.t.Helper()
	cookie, err := g.Remember(Device{}, p.Subject)
	noErr(g.t, err)
	return g.OpenDevice(cookie)
}

// Whatever strangers try, whoever has signed in before from a browser signs in from there; and a browser that is known has a
// limit, too, which is its own.
func TestAttack_AO15_KnownDevice(t *testing.T) {
	g := newGated(t)
	ada, bob := g.add(t, "ada", goodPassword), g.add(t, "bob", goodPassword)
	known, another := g.remembered(ada), g.remembered(ada)
	g.drain("ada", addrOf(1))
	g.drain("nobody", addrOf(1)) // and the network's
	if ok, _ := g.try("ada", goodPassword, addrOf(1)); ok {
		t.Fatal("strangers are not held back")
	}
	if ok, _ := g.try("ada", goodPassword, addrOf(1), g.remembered(bob)); ok {
		t.Error("another person's browser is not a stranger's")
	}
	before := g.HashCount()
	for i := range 10 {
		if ok, _ := g.try("ada@example.org", "wrong horse", addrOf(1), known); ok != (i < 2) {
			t.Errorf("try %d in a known browser: %v", i, ok)
		}
	}
	if n := g.HashCount() - before; n != 2 {
		t.Errorf("%d hashes", n)
	}
	if ok, _ := g.try("ada", goodPassword, addrOf(1), another); !ok {
		t.Error("the owner is kept out of another browser of theirs")
	}
	// What its owner does there frees no stranger.
	if ok, _ := g.try("ada", "wrong horse", addrOf(7)); ok {
		t.Error("strangers have new tries, because the owner has signed in")
	}
	g.clock.advance(time.Minute)
	if ok, _ := g.try("ada", goodPassword, addrOf(1), known); !ok {
		t.Error("the known browser is locked")
	}
}

// Each sign-in without the cookie makes another known browser: together they try no more than a few of them may, for one account as from
// one network.
func TestAttack_AH03_ManyKnownBrowsers(t *testing.T) {
	g := newGated(t)
	ada := g.add(t, "ada", goodPassword)
	through, before := 0, g.HashCount()
	for i := range 40 {
		if ok, _ := g.try("ada", "wrong horse", addrOf(i), g.remembered(ada)); ok {
			through++
		}
	}
	if hashes := g.HashCount() - before; through != 2*KnownDevices || hashes != uint64(through) {
		t.Errorf("%d tries and %d hashes of one account in many browsers", through, hashes)
	}
	g, through = newGated(t), 0
	for i := range 40 {
		p := g.add(t, fmt.Sprint("person", i), goodPassword)
		if ok, _ := g.try(p.Username, "wrong horse", addrOf(1), g.remembered(p)); ok {
			through++
		}
	}
	if through != 5*KnownNetwork {
		t.Errorf("%d tries of many accounts from one network", through)
	}
}

// A cookie is ours or it is nothing: not another's, not a changed one, not one of another server, not an old one.
func TestDevice(t *testing.T) {
	g := newGated(t)
	ada, bob := g.add(t, "ada", goodPassword), g.add(t, "bob", goodPassword)
	adas, bobs := g.accountKey("sub", ada.Subject), g.accountKey("sub", bob.Subject)
	cookie, err := g.Remember(Device{}, ada.Subject)
	noErr(t, err)
	d := g.OpenDevice(cookie)
	if !d.knows(adas) || d.knows(bobs) || d.knows(AccountKey{}) {
		t.Fatalf("%+v", d)
	}
	for i := range cookie {
		changed := []byte(cookie)
		changed[i] ^= 1
		if got := g.OpenDevice(string(changed)); got.people != nil || got.id != (Device{}).id {
			t.Errorf("letter %d changed: %+v", i, got)
		}
	}
	other := newGated(t)
	for name, text := range map[string]string{"empty": "", "cut": cookie[:len(cookie)-4], "longer": cookie + "AAAA", "huge": cookie + string(make([]byte, 5000)), "not ours": "Zm9v"} {
		if g.OpenDevice(text).people != nil {
			t.Errorf("%s: believed", name)
		}
	}
	if other.OpenDevice(cookie).people != nil {
		t.Error("another server's cookie is believed")
	}
	// It is known by several people, the latest first, and keeps its name.
	both, err := g.Remember(d, bob.Subject)
	noErr(t, err)
	two := g.OpenDevice(both)
	if !two.knows(adas) || !two.knows(bobs) || two.id != d.id {
		t.Errorf("%+v", two)
	}
	g.clock.advance(DeviceLife - time.Hour)
	again, err := g.Remember(two, bob.Subject)
	noErr(t, err)
	g.clock.advance(2 * time.Hour)
	if late := g.OpenDevice(again); late.knows(adas) || !late.knows(bobs) {
		t.Errorf("half a year later: %+v", late)
	}
	for i := range 20 {
		again, err = g.Remember(g.OpenDevice(again), g.add(t, fmt.Sprint("person", i), "").Subject)
		noErr(t, err)
	}
	if len(again) > 500 || g.OpenDevice(again).knows(bobs) || len(g.OpenDevice(again).people) != maxSeen {
		t.Errorf("%d letters, %d people", len(again), len(g.OpenDevice(again).people))
	}
}

// What was not judged, because the server is busy, does not count.
func TestGate_Busy(t *testing.T) {
	g := newGated(t)
	g.add(t, "ada", goodPassword)
	full := make(chan struct{}, 1)
	full <- struct{}{}
	slots := g.hasher.slots
	g.hasher.slots, g.hasher.queue = full, 0
	for range 20 {
		_, err := g.gate.Authenticate(t.Context(), Try{Identifier: "ada", Password: goodPassword, Address: addrOf(1)})
		wantErr(t, err, ErrBusy)
	}
	g.hasher.slots = slots
	if n := g.drain("ada", addrOf(1)); n != 3 {
		t.Errorf("%d tries, want 3", n)
	}
}

// Strangers do not fill the whole queue before the hasher: some of it is for known browsers.
func TestAttack_AH06_PlacesForKnownDevices(t *testing.T) {
	h, err := newHasher(PasswordConfig{Parallel: 1, Queue: 8, Wait: time.Hour}.withDefaults(), zeros{})
	noErr(t, err)
	h.slots <- struct{}{}
	h.waiting.Store(6)
	_, err = h.hash(t.Context(), "a stranger")
	wantErr(t, err, ErrBusy)
	if n := h.places(reserved(t.Context())); n != 8 {
		t.Errorf("%d places for the known", n)
	}
	<-h.slots
	h.waiting.Store(8)
	if _, err = h.hash(t.Context(), "there is a slot"); err != nil {
		t.Error(err)
	}
}
