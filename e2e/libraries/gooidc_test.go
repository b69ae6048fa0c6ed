package libraries_test

import (
	"context"
	"net/url"
	"testing"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"signet/e2e"
	"signet/handlers/robot"
)

// go-oidc with x/oauth2: the hybrid flow, whose first ID token vouches for the access token beside it, and whose second is
// of the same person.
func TestGoOIDC(t *testing.T) {
	provider := e2e.Development(t)
	ctx := context.Background()
	found, err := oidc.NewProvider(ctx, provider.Issuer)
	if err != nil {
		t.Fatal(err)
	}
	const callback = "http://127.0.0.1:3999/callback"
	config := oauth2.Config{ClientID: "go-oidc", ClientSecret: "any", RedirectURL: callback, Endpoint: found.Endpoint(), Scopes: []string{oidc.ScopeOpenID, "email"}}
	verifier := oauth2.GenerateVerifier()
	ask := config.AuthCodeURL("state", oauth2.S256ChallengeOption(verifier), oidc.Nonce("n-0S6_WzA2Mj"),
		oauth2.SetAuthURLParam("response_type", "code id_token token"))
	came, err := url.Parse(visit(t, robot.New(t, provider.Issuer), provider.Password, ask))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := url.ParseQuery(came.Fragment)
	if err != nil || answer.Get("state") != "state" || answer.Get("iss") != provider.Issuer {
		t.Fatalf("%v, %v", answer, err)
	}
	ids := found.Verifier(&oidc.Config{ClientID: "go-oidc"})
	front := verified(t, ids, answer.Get("id_token"), answer.Get("access_token"))
	tokens, err := config.Exchange(ctx, answer.Get("code"), oauth2.VerifierOption(verifier))
	if err != nil {
		t.Fatal(err)
	}
	text, _ := tokens.Extra("id_token").(string)
	back := verified(t, ids, text, tokens.AccessToken)
	if front.Subject != back.Subject || front.Nonce != "n-0S6_WzA2Mj" {
		t.Errorf("the first ID token %+v, the second %+v", front, back)
	}
	info, err := found.UserInfo(ctx, oauth2.StaticTokenSource(&oauth2.Token{AccessToken: answer.Get("access_token"), TokenType: "Bearer"}))
	if err != nil || info.Subject != front.Subject || info.Email != "ada@example.test" {
		t.Errorf("userinfo %+v, %v", info, err)
	}
}

func verified(t *testing.T, ids *oidc.IDTokenVerifier, text, access string) *oidc.IDToken {
	t.Helper()
	token, err := ids.Verify(context.Background(), text)
	if err != nil {
		t.Fatal(err)
	}
	if err := token.VerifyAccessToken(access); err != nil {
		t.Errorf("at_hash: %v", err)
	}
	return token
}
