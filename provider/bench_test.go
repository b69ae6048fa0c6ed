package provider_test

import (
	"net/url"
	"testing"

	"signet/provider"
)

// The benchmarks run the provider without HTTP, on the embedded engine, one request at a time unless they say otherwise.

func BenchmarkClientCredentials(b *testing.B) {
	w := newWorld(b, func(c *provider.Config) { c.Observe = nil })
	auth := "svc:" + w.client(provider.Client{ID: "svc", GrantTypes: []string{"client_credentials"}, Scopes: []string{"read"}})
	form := url.Values{"grant_type": {"client_credentials"}, "scope": {"read"}}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := w.token(auth, form); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkIntrospect(b *testing.B) {
	w := newWorld(b, func(c *provider.Config) { c.Observe = nil })
	auth := "app:" + w.client(provider.Client{ID: "app", FirstParty: true})
	token := w.redeem(auth, params("app"))["access_token"]
	b.ReportAllocs()
	for b.Loop() {
		if !w.active(auth, token) {
			b.Fatal("not active")
		}
	}
}

func BenchmarkLogin(b *testing.B) {
	w := newWorld(b, func(c *provider.Config) { c.Observe = nil })
	auth := "app:" + w.client(provider.Client{ID: "app", FirstParty: true, IDTokenAlg: "ES256"})
	browser := w.signIn(w.ada)
	b.ReportAllocs()
	b.SetParallelism(32)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := w.token(auth, codeForm(w.code(browser, params("app")))); err != nil {
				b.Error(err)
				return
			}
		}
	})
}

func BenchmarkAuthorize(b *testing.B) {
	w := newWorld(b, func(c *provider.Config) { c.Observe = nil })
	w.client(provider.Client{ID: "app", FirstParty: true, IDTokenAlg: "ES256"})
	browser := w.signIn(w.ada)
	b.ReportAllocs()
	for b.Loop() {
		w.code(browser, params("app"))
	}
}

func BenchmarkUserInfo(b *testing.B) {
	w := newWorld(b, func(c *provider.Config) { c.Observe = nil })
	auth := "app:" + w.client(provider.Client{ID: "app", FirstParty: true, IDTokenAlg: "ES256"})
	token := w.redeem(auth, params("app", "scope", "openid profile email groups"))["access_token"]
	b.ReportAllocs()
	for b.Loop() {
		if _, err := w.userInfo(token); err != nil {
			b.Fatal(err)
		}
	}
}
