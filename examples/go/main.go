// Command go is a relying party in Go: go-oidc for what an OpenID Provider says, x/oauth2 for the flow.
//
// It knows an issuer, a client and its own port, and asks the issuer for the rest. Sessions live in memory.
package main

import (
	"cmp"
	"context"
	"log"
	"net/http"
	"os"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

func main() {
	port := cmp.Or(os.Getenv("PORT"), "3001")
	client := &http.Client{Timeout: 10 * time.Second}

	provider, err := oidc.NewProvider(oidc.ClientContext(context.Background(), client), cmp.Or(os.Getenv("ISSUER"), "http://localhost:8080"))
	if err != nil {
		log.Fatal(err)
	}
	config := oauth2.Config{
		ClientID:     cmp.Or(os.Getenv("CLIENT_ID"), "example-go"),
		ClientSecret: cmp.Or(os.Getenv("CLIENT_SECRET"), "any secret does in development"),
		Endpoint:     provider.Endpoint(),
		RedirectURL:  "http://localhost:" + port + "/callback",
		Scopes:       []string{oidc.ScopeOpenID, "profile", "email", oidc.ScopeOfflineAccess},
	}
	config.Endpoint.AuthStyle = oauth2.AuthStyleInHeader

	a := &app{
		client:   client,
		provider: provider,
		verifier: provider.Verifier(&oidc.Config{ClientID: config.ClientID}),
		config:   config,
		sessions: sessions{all: map[string]*session{}},
	}
	server := &http.Server{Addr: "localhost:" + port, Handler: a.routes(), ReadHeaderTimeout: 10 * time.Second}
	log.Printf("listening on http://localhost:%s", port)
	log.Fatal(server.ListenAndServe())
}
