package handlers

import (
	"context"
	"encoding/hex"
	"net/http"
	"net/netip"
	"sync/atomic"
	"time"

	"signet/provider"
	"signet/provider/audit"
)

// exchange is one request with its answer: what log and metrics say afterwards, and what the endpoint found out. It is the
// ResponseWriter that handlers see.
type exchange struct {
	http.ResponseWriter
	start     time.Time
	reference string
	addr      netip.Addr
	agent     string
	// secure tells whether the browser spoke TLS.
	secure   bool
	endpoint *endpoint
	// status is 0 until the answer has begun.
	status int
	bytes  int64
	// code is that of the refusal, if it came to one.
	code string
	// visitor is loaded on first use.
	visitor *visitor
	// locales are the wishes of the application whose request a page is on the way with.
	locales []string
}

// WriteHeader implements http.ResponseWriter.
func (x *exchange) WriteHeader(status int) {
	if x.status == 0 {
		x.status = status
	}
	x.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (x *exchange) Write(b []byte) (int, error) {
	if x.status == 0 {
		x.status = http.StatusOK
	}
	n, err := x.ResponseWriter.Write(b)
	x.bytes += int64(n)
	return n, err
}

// Origin implements audit.Source.
func (x *exchange) Origin() audit.Origin {
	o := audit.Origin{Agent: x.agent}
	if x.addr.IsValid() {
		o.Address = x.addr.String()
	}
	return o
}

// Unwrap is for http.ResponseController.
func (x *exchange) Unwrap() http.ResponseWriter { return x.ResponseWriter }

type exchangeKey struct{}

// exchangeOf panics outside of ServeHTTP, which is a programmer's error.
func exchangeOf(r *http.Request) *exchange { return r.Context().Value(exchangeKey{}).(*exchange) }

// ClientAddr is the address that the request comes from, by the rule of trusted proxies. It is not valid for a request over
// a unix socket without proxy headers.
func ClientAddr(r *http.Request) netip.Addr { return exchangeOf(r).addr }

// Reference is the request's reference: the one in the log, on error pages and in the header X-Request-Id.
func Reference(r *http.Request) string { return exchangeOf(r).reference }

// begin starts an exchange and returns the request that carries it.
func (h *Handlers) begin(w http.ResponseWriter, r *http.Request) (*exchange, *http.Request) {
	x := &exchange{ResponseWriter: w, start: h.db.Now(), reference: h.references.next(), agent: r.UserAgent()}
	x.addr, x.secure = h.proxies.client(r), h.proxies.secure(r)
	ctx := audit.WithOrigin(context.WithValue(r.Context(), exchangeKey{}, x), x)
	r = r.WithContext(provider.WithTrace(ctx, x.reference))
	if len(h.proxies) > 0 && x.addr.IsValid() {
		r.RemoteAddr = netip.AddrPortFrom(x.addr, 0).String()
	}
	return x, r
}

// references makes references of requests: eight hexadecimal digits, all different until they begin again after four
// billion. They are no secret, so a counter that is stirred will do, and costs nothing.
type references struct {
	seed    uint32
	counter atomic.Uint32
}

func (c *references) next() string {
	n := c.counter.Add(1) + c.seed
	// The finalizer of MurmurHash3: it maps 32 bits to 32 bits one to one.
	n ^= n >> 16
	n *= 0x85ebca6b
	n ^= n >> 13
	n *= 0xc2b2ae35
	n ^= n >> 16
	var out [8]byte
	hex.Encode(out[:], []byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)})
	return string(out[:])
}
