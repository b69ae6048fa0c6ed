package conformance

import (
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"
)

// party is the relying party's server, the same for all modules. Each module has a place of its own below /test/.
type party struct {
	// base is its address for browsers, direct that for the provider, which cannot be told where the site is.
	base, direct string

	mu     sync.Mutex
	places map[string]*place
}

// place is what a module has at the relying party: what it publishes and what came in.
type place struct {
	base, direct string // https://app.conformance.test:…/test/a1b2c3, https://localhost:…/test/a1b2c3

	mu        sync.Mutex
	documents map[string]document
	received  []received
}

type document struct {
	kind string
	body []byte
}

// received is a request that came in.
type received struct {
	Method string
	Path   string // below the place's
	Query  string
	Kind   string // of the body
	Body   string
	TLS    uint16 // the version
}

// theParty is that of this run.
var theParty = sync.OnceValue(startParty)

func startParty() *party {
	certPEM, keyPEM := trust().issue()
	p := &party{places: map[string]*place{}}
	server := httptest.NewUnstartedServer(p)
	server.TLS = &tls.Config{Certificates: []tls.Certificate{must(tls.X509KeyPair(certPEM, keyPEM))}, MinVersion: tls.VersionTLS12}
	server.StartTLS()
	shared.Cleanup(server.Close)
	port := server.URL[strings.LastIndexByte(server.URL, ':'):]
	p.base, p.direct = "https://app."+site+port, "https://localhost"+port
	return p
}

// open gives a module a place.
func (p *party) open(id string) *place {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.places[id] == nil {
		p.places[id] = &place{base: p.base + "/test/" + id, direct: p.direct + "/test/" + id, documents: map[string]document{}}
	}
	return p.places[id]
}

// find is the place of a path, and the path below it.
func (p *party) find(path string) (*place, string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for end := range path {
		id, ok := strings.CutPrefix(path[:end], "/test/")
		if at := p.places[id]; ok && at != nil && path[end] == '/' {
			return at, path[end:]
		}
	}
	return nil, ""
}

// ServeHTTP keeps what comes in, and answers with what the module has published there, or else with what came in, so that
// a browser that carries it reads what arrived.
func (p *party) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	at, path := p.find(r.URL.Path)
	if at == nil {
		http.NotFound(w, r)
		return
	}
	body, _ := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	came := received{r.Method, path, r.URL.RawQuery, r.Header.Get("Content-Type"), string(body), r.TLS.Version}
	at.mu.Lock()
	at.received = append(at.received, came)
	found, published := at.documents[path]
	at.mu.Unlock()
	if published {
		w.Header().Set("Content-Type", found.kind)
		_, _ = w.Write(found.body)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	text := base64.StdEncoding.EncodeToString(must(json.Marshal(came)))
	_, _ = fmt.Fprintf(w, `<!DOCTYPE html><title>Relying party</title><p id="submission_complete">received</p><pre id="received">%s</pre>`, text)
}

// publish puts a document at a path of the place and returns its address for the provider.
func (at *place) publish(path, kind string, body []byte) string {
	at.mu.Lock()
	defer at.mu.Unlock()
	at.documents[path] = document{kind, body}
	return at.direct + path
}

// arrived are the requests that came to a path.
func (at *place) arrived(path string) []received {
	at.mu.Lock()
	defer at.mu.Unlock()
	var all []received
	for _, r := range at.received {
		if r.Path == path {
			all = append(all, r)
		}
	}
	return all
}

// arrivedSoon are the requests that came to a path, when there is one or nothing comes for long: what the provider sends by
// itself may come after its answer.
func (m *run) arrivedSoon(path string) []received {
	for range 1500 {
		if calls := m.place.arrived(path); len(calls) > 0 {
			return calls
		}
		time.Sleep(20 * time.Millisecond)
	}
	return nil
}
