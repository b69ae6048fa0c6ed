package provider

import (
	"context"
	"errors"
	"sync"

	"signet/provider/outbound"
	"signet/provider/picture"
	"signet/storage"
)

// How long logos are kept, in seconds.
const (
	// logoFresh is for an answer that does not say; what it says counts between logoLeast and logoMost.
	logoFresh = 6 * 3600
	logoLeast = 3600
	logoMost  = 24 * 3600
	// logoPause is between two tries of one that could not be had, logoStale how long the old one serves meanwhile.
	logoPause = 600
	logoStale = 24 * 3600
)

// Bounds of the cache. Pages are shown to strangers, so what they make us fetch is measured.
const (
	maxLogos       = 256
	logosPerMinute = 60
)

// Logo is the picture of a client, for people to see: a small PNG that was drawn here (see picture.Redraw), fetched from logo_uri and
// kept. It is nil if the client has none, or none that can be had.
func (p *Provider) Logo(ctx context.Context, clientID string) ([]byte, error) {
	client, err := p.Client(ctx, clientID)
	if errors.Is(err, storage.ErrNotFound) || err == nil && client.LogoURI == "" {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return p.logos.of(client.LogoURI).get(ctx, p, client)
}

// logoCache holds the pictures of each logo_uri.
type logoCache struct {
	// drawing is held by who unpacks a picture, which takes memory.
	drawing chan struct{}

	mu    sync.Mutex
	byURI map[string]*logo
	// minute is the present one, fetched how many were fetched in it.
	minute  int64
	fetched int
}

func newLogoCache() *logoCache {
	return &logoCache{drawing: make(chan struct{}, 2), byURI: map[string]*logo{}}
}

func (c *logoCache) of(uri string) *logo {
	c.mu.Lock()
	defer c.mu.Unlock()
	l := c.byURI[uri]
	if l == nil {
		for victim := range c.byURI {
			if len(c.byURI) < maxLogos {
				break
			}
			delete(c.byURI, victim)
		}
		l = &logo{turn: make(chan struct{}, 1)}
		c.byURI[uri] = l
	}
	return l
}

// mayFetch counts, and tells whether one more may be fetched in this minute.
func (c *logoCache) mayFetch(now int64) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.minute != now/60 {
		c.minute, c.fetched = now/60, 0
	}
	c.fetched++
	return c.fetched <= logosPerMinute
}

// logo is one picture.
type logo struct {
	// turn is held by who looks and perhaps fetches.
	turn chan struct{}
	png  []byte
	// until is how long it is not asked for again, good when it was had, in Unix seconds.
	until, good int64
}

func (l *logo) get(ctx context.Context, p *Provider, client *Client) ([]byte, error) {
	select {
	case l.turn <- struct{}{}:
		defer func() { <-l.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	now := p.db.Now().Unix()
	if now >= l.until && p.logos.mayFetch(now) {
		l.renew(context.WithoutCancel(ctx), p, client, now)
	}
	if now >= l.good+logoMost+logoStale {
		return nil, nil
	}
	return l.png, nil
}

// renew fetches and draws it. What could not be had is for the operator to know; pages show nothing then.
func (l *logo) renew(ctx context.Context, p *Provider, client *Client, now int64) {
	answer, err := p.outbound.Get(ctx, client.LogoURI, outbound.Want{MaxBytes: picture.MaxIn})
	var png []byte
	if err == nil {
		p.logos.drawing <- struct{}{}
		png, err = picture.Redraw(answer.Body)
		<-p.logos.drawing
	}
	if err != nil {
		l.until = now + logoPause
		p.observeEvent(ctx, Event{Kind: "warning", Client: client.ID, Text: "its logo cannot be shown: " + err.Error()})
		return
	}
	life := int64(logoFresh)
	if answer.MaxAge >= 0 {
		life = min(max(int64(answer.MaxAge.Seconds()), logoLeast), logoMost)
	}
	l.png, l.good, l.until = png, now, now+life
}
