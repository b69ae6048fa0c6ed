// Command baseline is the frozen yardstick of the measurements: what net/http costs for the work that a token endpoint
// cannot do without. It reads a form, compares HTTP Basic credentials with a SHA-256 in constant time, and answers 200
// bytes of JSON; two further endpoints make one signature as well, and one answers a prepared document.
//
// It must not be changed. Results are ratios to it, and ratios of different years can be compared only while it stays the
// same, byte for byte; a test holds its digest. A new yardstick is a new program beside this one.
package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"flag"
	"log"
	"net/http"
	"strings"
)

const (
	clientID     = "bench"
	clientSecret = "bench-secret-0123456789-0123456789"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:8081", "address to serve on")
	flag.Parse()
	s, err := newServer()
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(http.ListenAndServe(*listen, s.routes()))
}

// server holds the keys, the secret's hash and the prepared document.
type server struct {
	secret   [sha256.Size]byte
	es256    *ecdsa.PrivateKey
	rs256    *rsa.PrivateKey
	document []byte
}

func newServer() (*server, error) {
	s := &server{secret: sha256.Sum256([]byte(clientSecret)), document: prepared(1500)}
	var err error
	if s.es256, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		return nil, err
	}
	s.rs256, err = rsa.GenerateKey(rand.Reader, 2048)
	return s, err
}

func (s *server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /document", s.serveDocument)
	mux.HandleFunc("POST /token", s.token(nil))
	mux.HandleFunc("POST /token-es256", s.token(s.signES256))
	mux.HandleFunc("POST /token-rs256", s.token(s.signRS256))
	return mux
}

func (s *server) serveDocument(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(s.document)
}

// token authenticates the client and answers 200 bytes, or a signed token if there is a way to sign.
func (s *server) token(sign func(input string) ([]byte, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil || r.PostForm.Get("grant_type") == "" {
			http.Error(w, `{"error":"invalid_request"}`, http.StatusBadRequest)
			return
		}
		id, secret, ok := r.BasicAuth()
		hash := sha256.Sum256([]byte(secret))
		if !ok || id != clientID || subtle.ConstantTimeCompare(hash[:], s.secret[:]) != 1 {
			w.Header().Set("WWW-Authenticate", "Basic")
			http.Error(w, `{"error":"invalid_client"}`, http.StatusUnauthorized)
			return
		}
		token, err := newToken(sign)
		if err != nil {
			http.Error(w, `{"error":"server_error"}`, http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		_ = json.NewEncoder(w).Encode(map[string]any{"access_token": token, "token_type": "bearer", "expires_in": 900})
	}
}

// newToken is 100 random bytes, which makes an answer of 200; with sign it is a JWS of claims of the usual size.
func newToken(sign func(input string) ([]byte, error)) (string, error) {
	random := make([]byte, 100)
	_, _ = rand.Read(random)
	opaque := base64.RawURLEncoding.EncodeToString(random)
	if sign == nil {
		return opaque, nil
	}
	claims, err := json.Marshal(map[string]any{"iss": "http://127.0.0.1", "sub": clientID, "aud": clientID, "iat": 1, "exp": 2, "jti": opaque})
	if err != nil {
		return "", err
	}
	input := "eyJhbGciOiJFUzI1NiIsImtpZCI6ImJlbmNoIn0." + base64.RawURLEncoding.EncodeToString(claims)
	signature, err := sign(input)
	return input + "." + base64.RawURLEncoding.EncodeToString(signature), err
}

func (s *server) signES256(input string) ([]byte, error) {
	digest := sha256.Sum256([]byte(input))
	return ecdsa.SignASN1(rand.Reader, s.es256, digest[:])
}

func (s *server) signRS256(input string) ([]byte, error) {
	digest := sha256.Sum256([]byte(input))
	return rsa.SignPKCS1v15(rand.Reader, s.rs256, crypto.SHA256, digest[:])
}

// prepared is a JSON document of about n bytes.
func prepared(n int) []byte { return []byte(`{"document":"` + strings.Repeat("x", n) + `"}`) }
