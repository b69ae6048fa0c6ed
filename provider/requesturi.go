package provider

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"signet/provider/outbound"
)

// A request object at an address of the client's is fetched when a browser comes with its request_uri (OIDC Core §6.2,
// RFC 9101 §5.2). Anybody can bring a browser along, so an address is asked only so often.
const (
	// objectsAtOnce may be fetched from one address, and then one each second.
	objectsAtOnce = 30
	// objectsTogether are fetched at the same time, from all addresses: who makes them slow must not keep us from fetching keys and
	// telling of sign-outs, for which there is the rest of what goes out at once.
	objectsTogether = 32
	// objectKept is the longest time that a fetched object is used again.
	objectKept = time.Hour
	// maxFetchedObjects bounds what is kept, maxMeasured how many addresses are measured; beyond it an arbitrary one makes room.
	maxFetchedObjects = 256
	maxMeasured       = 10_000
)

// objectCache keeps request objects that say how long they stay as they are, by their address with its fragment: a client that
// changes what is at an address changes the fragment (OIDC Registration §2, request_uris).
type objectCache struct {
	// room is held by who fetches.
	room chan struct{}

	mu      sync.Mutex
	byURI   map[string]fetchedObject
	measure map[string]*rate.Limiter
}

type fetchedObject struct {
	text  string
	until time.Time
}

func newObjectCache() *objectCache {
	return &objectCache{room: make(chan struct{}, objectsTogether), byURI: map[string]fetchedObject{}, measure: map[string]*rate.Limiter{}}
}

func (c *objectCache) get(uri string, now time.Time) (string, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	o, ok := c.byURI[uri]
	return o.text, ok && now.Before(o.until)
}

func (c *objectCache) put(uri string, o fetchedObject) {
	c.mu.Lock()
	defer c.mu.Unlock()
	makeRoom(c.byURI, maxFetchedObjects)
	c.byURI[uri] = o
}

// mayAsk counts the requests to an address.
func (c *objectCache) mayAsk(address string, now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	l := c.measure[address]
	if l == nil {
		makeRoom(c.measure, maxMeasured)
		l = rate.NewLimiter(1, objectsAtOnce)
		c.measure[address] = l
	}
	return l.AllowN(now, 1)
}

func makeRoom[V any](m map[string]V, limit int) {
	for victim := range m {
		if len(m) < limit {
			return
		}
		delete(m, victim)
	}
}

// fetchObject gets the request object at an address that the client has registered. What went wrong is for the log: whoever
// brings a browser along is not to learn what this machine can reach.
func (p *Provider) fetchObject(ctx context.Context, client *Client, uri string) (string, error) {
	address, fragment, _ := strings.Cut(uri, "#")
	if !client.hasRequestURI(address) {
		return "", refuse("E-REQ-11").got("%s", uri).allowed("%s", strings.Join(client.RequestURIs, " "))
	}
	now := p.db.Now()
	if text, ok := p.objects.get(uri, now); ok {
		return text, nil
	}
	if !p.objects.mayAsk(address, now) {
		return "", refuse("E-REQ-12").got(outbound.Public)
	}
	answer, err := p.getObject(ctx, address)
	if err != nil {
		return "", refuse("E-REQ-12").got(outbound.Public).because(err)
	}
	text := strings.TrimSpace(string(answer.Body))
	if keep := keepObject(answer, fragment); keep > 0 {
		p.objects.put(uri, fetchedObject{text, now.Add(keep)})
	}
	return text, nil
}

var errObjectsBusy = errors.New("too many request objects were being fetched")

// getObject fetches one if there is room.
func (p *Provider) getObject(ctx context.Context, address string) (*outbound.Answer, error) {
	select {
	case p.objects.room <- struct{}{}:
		defer func() { <-p.objects.room }()
	default:
		return nil, errObjectsBusy
	}
	return p.outbound.Get(ctx, address, outbound.Want{MaxBytes: maxObject})
}

// keepObject is how long an object may be used again: as long as it says itself, or long if the fragment is its hash, for then
// it is what was meant.
func keepObject(answer *outbound.Answer, fragment string) time.Duration {
	sum := sha256.Sum256(answer.Body)
	if fragment == base64.RawURLEncoding.EncodeToString(sum[:]) {
		return objectKept
	}
	return min(answer.MaxAge, objectKept)
}

// hasRequestURI compares without fragments.
func (c *Client) hasRequestURI(address string) bool {
	for _, registered := range c.RequestURIs {
		if registered, _, _ = strings.Cut(registered, "#"); registered == address {
			return true
		}
	}
	return false
}
