package keys

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"

	"signet/storage"
)

// privateForms are the ways in which a private key could show.
func privateForms(t *testing.T, of ringKey) [][]byte {
	t.Helper()
	var secret []byte
	var private crypto.Signer
	switch k := of.(type) {
	case *Signer:
		private = k.key
	case *decrypter:
		private = k.key
	}
	switch k := private.(type) {
	case *rsa.PrivateKey:
		secret = k.Primes[0].Bytes()
	case *ecdsa.PrivateKey:
		secret, _ = k.Bytes()
	case ed25519.PrivateKey:
		secret = k.Seed()
	}
	if len(secret) < 32 {
		t.Fatalf("%T: %d secret bytes", private, len(secret))
	}
	upper := strings.ToUpper(hex.EncodeToString(secret[:16]))
	decimal := strings.Trim(fmt.Sprint(secret[:10]), "[]")
	forms := [][]byte{secret[:16], []byte(hex.EncodeToString(secret[:16])), []byte(upper), []byte(decimal)}
	// An unknown number of bytes may stand before it: base64 then shows it in one of three ways.
	for skip := range 3 {
		std := base64.StdEncoding.EncodeToString(secret[skip:])
		forms = append(forms, []byte(std[:24]), []byte(enc(secret[skip:])[:24]))
	}
	return forms
}

func TestAttack_AD13_NoPrivatePartAnywhere(t *testing.T) {
	s := newSite(t)
	r := s.node(t)
	ctx := context.Background()
	for _, name := range Algorithms() {
		signer(t, r, name)
	}
	if _, err := r.Rotate(ctx, "ES256", true); err != nil {
		t.Fatal(err)
	}
	infos, err := r.List(ctx)
	if err != nil {
		t.Fatal(err)
	}
	out := bytes.NewBuffer(bytes.Clone(r.JWKS().Body))
	log := slog.New(slog.NewJSONHandler(out, nil))
	for _, name := range Algorithms() {
		one := signer(t, r, name)
		log.Info("m", "signer", one, "value", fmt.Sprintf("%v %+v %#v", one, one, one), "public", one.Public())
		_, err := one.SignJWT("JWT", []byte("{}"))
		fmt.Fprint(out, err)
	}
	for _, one := range r.current().decrypting {
		log.Info("m", "decrypter", one, "value", fmt.Sprintf("%v %+v %#v %x", one, one, one, one), "public", one.Public())
	}
	log.Info("m", "ring", r, "infos", infos, "printed", fmt.Sprintf("%+v %#v", r, r), "master", s.master, "sealer", fmt.Sprintf("%+v", s.db))
	text, err := json.Marshal(map[string]any{"infos": infos, "ring": r, "document": r.JWKS()})
	if err != nil {
		t.Fatal(err)
	}
	out.Write(text)
	out.Write(s.logged.Bytes())
	for _, line := range r.current().loaded.lines {
		for _, one := range line.keys {
			for _, form := range privateForms(t, one) {
				if bytes.Contains(out.Bytes(), form) {
					t.Errorf("%s: %q shows", line.algorithm.name, form)
				}
			}
		}
	}
	if s.logged.Len() == 0 {
		t.Error("the log is empty: nothing was looked at")
	}
	noPrivateMembers(t, r.JWKS().Body)
}

func noPrivateMembers(t *testing.T, body []byte) {
	t.Helper()
	var set struct {
		Keys []map[string]any `json:"keys"`
	}
	if err := json.Unmarshal(body, &set); err != nil || len(set.Keys) == 0 {
		t.Fatal(err)
	}
	allowed := map[string]bool{"kty": true, "use": true, "alg": true, "kid": true, "n": true, "e": true, "crv": true, "x": true, "y": true}
	for _, key := range set.Keys {
		for member := range key {
			if !allowed[member] {
				t.Errorf("member %q in the JWKS", member)
			}
		}
	}
}

func TestAttack_AP01_StolenFileShowsNoKey(t *testing.T) {
	s := newSite(t)
	r := s.node(t)
	var forms [][]byte
	for _, name := range initial {
		forms = append(forms, privateForms(t, signer(t, r, name))...)
	}
	for _, d := range r.current().decrypting {
		forms = append(forms, privateForms(t, d)...)
	}
	if err := s.engine.Close(); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(s.path)
	if err != nil || len(file) == 0 {
		t.Fatal(err)
	}
	for _, form := range forms {
		if bytes.Contains(file, form) {
			t.Errorf("%q stands in the file", form)
		}
	}
	if !bytes.Contains(file, []byte("ES256")) {
		t.Error("the records are not in the file: nothing was looked at")
	}
}

func TestAttack_AD14_InstallationsHaveKeysOfTheirOwn(t *testing.T) {
	seen := map[string]bool{}
	for range 3 {
		infos, err := newSite(t).node(t).List(t.Context())
		if err != nil || len(infos) != len(initial)+len(decryption) {
			t.Fatal(len(infos), err)
		}
		for _, info := range infos {
			if seen[info.KeyID] {
				t.Errorf("%s: key %s twice", info.Algorithm, info.KeyID)
			}
			seen[info.KeyID] = true
		}
	}
}

// put overwrites a stored record with another's sealed value, as somebody with the file can.
func (s *site) put(t *testing.T, id string, version uint64, value []byte) {
	t.Helper()
	record := storage.Record{Key: storage.Key{Kind: kind, ID: id}, Version: version, Value: value}
	if err := s.db.Apply(context.Background(), storage.Batch{Then: []storage.Write{{Record: record}}}); err != nil {
		t.Fatal(err)
	}
}

func (s *site) get(t *testing.T, id string) storage.Record {
	t.Helper()
	records, err := s.db.Get(context.Background(), storage.Key{Kind: kind, ID: id})
	if err != nil || !records[0].Present() {
		t.Fatal(err)
	}
	return records[0]
}

func TestAttack_AP02_SwappedAndOldKeysDoNotOpen(t *testing.T) {
	s := newSite(t)
	r := s.node(t)
	first := s.get(t, "ES256")
	if _, err := r.Rotate(context.Background(), "ES256", true); err != nil {
		t.Fatal(err)
	}
	good, rsaRecord := s.get(t, "ES256"), s.get(t, "RS256")
	for name, bad := range map[string]storage.Record{
		"another algorithm's":          {Version: rsaRecord.Version, Value: rsaRecord.Value},
		"the former, as the new":       {Version: good.Version, Value: first.Value},
		"the new, in another's place":  {Version: good.Version + 1, Value: good.Value},
		"cut off":                      {Version: good.Version, Value: good.Value[:20]},
		"with a master key not in use": {Version: good.Version, Value: append([]byte{9}, good.Value[1:]...)},
	} {
		s.put(t, "ES256", bad.Version, bad.Value)
		if opened, err := Open(context.Background(), s.config()); !errors.Is(err, ErrSealedKeys) || opened != nil {
			t.Errorf("%s: %v, want ErrSealedKeys", name, err)
		}
		before := signer(t, r, "ES256").KeyID
		if err := r.Tick(context.Background()); !errors.Is(err, ErrSealedKeys) {
			t.Errorf("%s, while running: %v, want ErrSealedKeys", name, err)
		}
		if signer(t, r, "ES256").KeyID != before {
			t.Errorf("%s: the running node lost its key", name)
		}
	}
	s.put(t, "ES256", good.Version, good.Value)
	if _, err := Open(context.Background(), s.config()); err != nil {
		t.Errorf("put right again: %v", err)
	}
}

func TestAttack_AP03_AnotherMasterKeyIsRefused(t *testing.T) {
	s := newSite(t)
	want := signer(t, s.node(t), "RS256").KeyID
	right := s.db
	s.db = storage.New(s.engine, NewSealer(newMaster(t), rand.Reader), s.now)
	_, err := Open(context.Background(), s.config())
	if !errors.Is(err, ErrSealedKeys) || !strings.Contains(err.Error(), "master key") {
		t.Errorf("another master: %v, want ErrSealedKeys in clear words", err)
	}
	s.db = right
	if got := signer(t, s.node(t), "RS256").KeyID; got != want {
		t.Error("the attempt changed the keys")
	}
	if _, err := s.master.Add(rand.Reader); err != nil {
		t.Fatal(err)
	}
	s.db = storage.New(s.engine, NewSealer(s.master, rand.Reader), s.now)
	r := s.node(t)
	if got := signer(t, r, "RS256").KeyID; got != want {
		t.Error("after a rotation of the master other keys sign")
	}
	if _, err := r.Rotate(context.Background(), "RS256", true); err != nil {
		t.Fatal(err)
	}
	if sealed := s.get(t, "RS256").Value; sealed[0] != 2 {
		t.Errorf("written with master key %d, want the new one", sealed[0])
	}
}
