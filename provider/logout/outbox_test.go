package logout

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"signet/provider/courier"
	"signet/storage"
)

func TestOutbox_TellsWhoTookPart(t *testing.T) {
	w := newWorld(t)
	w.client("orders", http.StatusOK)
	w.client("wiki", http.StatusNoContent)
	w.client("photos", http.StatusOK)
	one, two := w.session("orders", "wiki"), w.session("orders", "photos")
	w.pass()
	w.wantHeard()
	w.end(one)
	w.pass()
	w.wantHeard("orders "+one.SID, "wiki "+one.SID)
	w.pass()
	w.wantHeard()
	if s := w.state("wiki"); len(s.Waiting) != 0 || s.LastFailure != nil || s.LastSuccess == nil || s.LastSuccess.Attempts != 1 {
		t.Errorf("%+v", s)
	}
	clients, err := w.Of(t.Context(), two.SID)
	w.check(err)
	if slices.Sort(clients); !slices.Equal(clients, []string{"orders", "photos"}) {
		t.Errorf("in the other session: %v", clients)
	}
}

// A session of which many clients know is told to all of them, and ended twice is told once.
func TestOutbox_ManyClientsAndTwoEnds(t *testing.T) {
	w := newWorld(t)
	var clients, want []string
	for i := range 2*addressPage + 7 {
		id := fmt.Sprintf("c%04d", i)
		clients = append(clients, id)
		w.client(id, http.StatusOK)
	}
	s := w.session(clients...)
	for _, id := range clients {
		want = append(want, id+" "+s.SID)
	}
	w.end(s)
	w.end(s)
	w.pass()
	w.wantHeard(want...)
	w.end(s)
	w.pass()
	w.wantHeard()
}

// A client that is away is tried again, less and less often, for a day.
func TestOutbox_TriesForADay(t *testing.T) {
	w := newWorld(t)
	w.client("orders", 0)
	s := w.session("orders")
	w.end(s)
	w.pass()
	w.pass()
	w.wantHeard("orders " + s.SID)
	began, attempts := w.now(), 1
	for w.state("orders").Waiting != nil && len(w.state("orders").Waiting) == 1 {
		waiting := w.state("orders").Waiting[0]
		if waiting.Problem != errAway.Error() || waiting.Attempts != attempts {
			t.Fatalf("after %d attempts: %+v", attempts, waiting)
		}
		w.after(time.Unix(waiting.Due, 0).Sub(w.now()) - time.Second)
		w.pass()
		w.wantHeard()
		w.after(time.Second)
		w.pass()
		w.wantHeard("orders " + s.SID)
		attempts++
	}
	if took := w.now().Sub(began); took < courier.KeepTrying-2*time.Hour || took > courier.KeepTrying || attempts > 40 {
		t.Errorf("given up after %d attempts in %s", attempts, took)
	}
	if f := w.state("orders").LastFailure; f == nil || !f.GivenUp || f.Attempts != attempts {
		t.Errorf("last failure: %+v", f)
	}
}

// What a client refuses is of no more use tomorrow; what it cannot do now may be.
func TestOutbox_Answers(t *testing.T) {
	for status, forever := range map[int]bool{200: false, 204: false, 400: false, 404: false, 302: false, 201: false, 500: true, 503: true, 429: true, 408: true, 501: true} {
		w := newWorld(t)
		w.client("orders", status)
		w.end(w.session("orders"))
		tries := 0
		for range 8 {
			w.pass()
			tries += len(w.heard())
			w.after(2 * time.Hour)
		}
		want := map[bool]int{true: 8, false: maxRefused}[forever]
		if status == 200 || status == 204 {
			want = 1
		}
		if tries != want {
			t.Errorf("%d: %d tries, want %d", status, tries, want)
		}
	}
}

func TestOutbox_ComesBack(t *testing.T) {
	w := newWorld(t)
	w.client("orders", http.StatusServiceUnavailable)
	s := w.session("orders")
	w.end(s)
	w.pass()
	w.client("orders", http.StatusOK)
	w.heard()
	w.after(10 * time.Second)
	w.pass()
	w.wantHeard("orders " + s.SID)
	state := w.state("orders")
	if len(state.Waiting) != 0 || state.LastFailure == nil || state.LastFailure.Problem != "status 503" || state.LastSuccess == nil || state.LastSuccess.Attempts != 2 {
		t.Errorf("%+v", state)
	}
}

// A client that was removed, or wants to know no more, is forgotten.
func TestOutbox_ClientIsNoMore(t *testing.T) {
	w := newWorld(t)
	w.client("orders", 0)
	one, two := w.session("orders"), w.session("orders")
	w.end(one)
	w.pass()
	w.heard()
	w.addresses["orders"] = ""
	w.end(two)
	w.after(time.Hour)
	w.pass()
	w.wantHeard()
	if s := w.state("orders"); len(s.Waiting) != 0 {
		t.Errorf("%+v", s)
	}
}

// Of many nodes one tells.
func TestOutbox_NodesDoNotRepeatEachOther(t *testing.T) {
	w := newWorld(t)
	var want []string
	var ends []string
	for i := range 20 {
		id := fmt.Sprintf("c%02d", i)
		w.client(id, http.StatusOK)
		ends = append(ends, id)
	}
	s := w.session(ends...)
	for _, id := range ends {
		want = append(want, id+" "+s.SID)
	}
	w.end(s)
	var all sync.WaitGroup
	for range 8 {
		node := w.node()
		all.Go(func() {
			if err := node.Pass(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	w.wantHeard(want...)
}

// A node that is stopped in the middle of an attempt leaves the delivery to the others.
func TestOutbox_AnotherNodeTakesOver(t *testing.T) {
	w := newWorld(t)
	w.client("orders", http.StatusOK)
	w.hold["orders"] = make(chan struct{})
	s := w.session("orders")
	w.end(s)
	ctx, kill := context.WithCancel(t.Context())
	dying := w.node()
	dead := make(chan struct{})
	go func() {
		defer close(dead)
		_ = dying.Pass(ctx)
	}()
	for w.state("orders").Waiting == nil || len(w.state("orders").Waiting) == 0 || w.state("orders").Waiting[0].Attempts == 0 {
		time.Sleep(time.Millisecond)
	}
	kill()
	<-dead
	delete(w.hold, "orders")
	w.pass()
	w.wantHeard() // the claim still stands
	w.after(3 * sendLimit)
	w.pass()
	w.wantHeard("orders " + s.SID)
}

// Run tells at once, without anybody's looking.
func TestOutbox_RunsByItself(t *testing.T) {
	w := newWorld(t)
	w.client("orders", http.StatusOK)
	s := w.session("orders")
	ctx, stop := context.WithCancel(t.Context())
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		w.Run(ctx)
	}()
	w.end(s)
	for w.state("orders").LastSuccess == nil {
		time.Sleep(time.Millisecond)
	}
	stop()
	<-stopped
	w.wantHeard("orders " + s.SID)
}

// Participants die with the session, and say nothing of others.
func TestParticipants_OfASession(t *testing.T) {
	w := newWorld(t)
	s := w.session("orders")
	var b storage.Batch
	w.check(w.Join(&b, Participant{SID: s.SID, ClientID: "orders"}, s.Expires))
	w.check(w.Join(&b, Participant{SID: s.SID + "x", ClientID: "wiki"}, s.Expires))
	w.check(w.db.Apply(t.Context(), b))
	clients, err := w.Of(t.Context(), s.SID)
	w.check(err)
	if !slices.Equal(clients, []string{"orders"}) {
		t.Errorf("participants: %v", clients)
	}
	w.after(31 * 24 * time.Hour)
	if clients, err = w.Of(t.Context(), s.SID); err != nil || len(clients) != 0 {
		t.Errorf("after the session: %v, %v", clients, err)
	}
}
