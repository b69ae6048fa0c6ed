package main

import (
	"crypto/rand"
	_ "embed"
	"encoding/json"
	"errors"
	"html/template"
	"log"
	"net/http"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

//go:embed page.html
var source string

var page = template.Must(template.New("page").Funcs(template.FuncMap{"json": func(v any) (string, error) {
	b, err := json.MarshalIndent(v, "", "  ")
	return string(b), err
}}).Parse(source))

type app struct {
	client   *http.Client
	provider *oidc.Provider
	verifier *oidc.IDTokenVerifier
	config   oauth2.Config
	sessions
}

func (a *app) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", a.home)
	mux.HandleFunc("GET /login", a.login)
	mux.HandleFunc("GET /callback", a.answered(a.callback))
	mux.HandleFunc("POST /refresh", a.answered(a.refresh))
	mux.HandleFunc("POST /logout", a.logout)
	return http.NewCrossOriginProtection().Handler(mux)
}

// answered sends people back to the start page, or tells them what went wrong. The context says who asks the provider.
func (a *app) answered(handle func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r = r.WithContext(oidc.ClientContext(r.Context(), a.client))
		if err := handle(w, r); err != nil {
			log.Print(err)
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		http.Redirect(w, r, "/", http.StatusSeeOther)
	}
}

func (a *app) home(w http.ResponseWriter, r *http.Request) {
	if err := page.Execute(w, a.find(r).user()); err != nil {
		log.Print(err)
	}
}

// login sends the browser to the provider. What must come back, or must not leave, is kept in the session.
func (a *app) login(w http.ResponseWriter, r *http.Request) {
	try := attempt{nonce: rand.Text(), verifier: oauth2.GenerateVerifier()}
	state := rand.Text()
	a.begin(w, r, state, try)
	to := a.config.AuthCodeURL(state, oidc.Nonce(try.nonce), oauth2.S256ChallengeOption(try.verifier))
	http.Redirect(w, r, to, http.StatusFound)
}

// callback is where the provider sends the browser back to, with a code or an error.
func (a *app) callback(w http.ResponseWriter, r *http.Request) error {
	try, ok := a.end(r, r.FormValue("state"))
	if !ok {
		return errors.New("this browser did not begin this sign-in")
	}
	if reason := r.FormValue("error"); reason != "" {
		return errors.New("the provider says " + reason + ": " + r.FormValue("error_description"))
	}
	token, err := a.config.Exchange(r.Context(), r.FormValue("code"), oauth2.VerifierOption(try.verifier))
	if err != nil {
		return err
	}
	u, err := a.learn(r, token)
	if err != nil {
		return err
	}
	if u.idToken.Nonce != try.nonce {
		return errors.New("the ID token was made for another sign-in")
	}
	a.enter(w, r, u)
	return nil
}

// refresh asks for new tokens by the refresh token.
func (a *app) refresh(_ http.ResponseWriter, r *http.Request) error {
	s := a.find(r)
	old := s.user()
	if old == nil {
		return errors.New("nobody is signed in")
	}
	expired := &oauth2.Token{RefreshToken: old.token.RefreshToken}
	token, err := a.config.TokenSource(r.Context(), expired).Token()
	if err != nil {
		return err
	}
	u, err := a.learn(r, token)
	if err != nil {
		return err
	}
	if u.idToken.Subject != old.idToken.Subject {
		return errors.New("the new tokens are somebody else's")
	}
	s.set(u)
	return nil
}

// logout forgets the person here. At the provider they stay signed in.
func (a *app) logout(w http.ResponseWriter, r *http.Request) {
	a.leave(w, r)
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// learn checks the ID token and asks the UserInfo endpoint.
func (a *app) learn(r *http.Request, token *oauth2.Token) (*user, error) {
	raw, ok := token.Extra("id_token").(string)
	if !ok {
		return nil, errors.New("no ID token came")
	}
	u := &user{token: token}
	var err error
	if u.idToken, err = a.verifier.Verify(r.Context(), raw); err != nil {
		return nil, err
	}
	if err := u.idToken.Claims(&u.Claims); err != nil {
		return nil, err
	}
	info, err := a.provider.UserInfo(r.Context(), oauth2.StaticTokenSource(token))
	if err != nil {
		return nil, err
	}
	if info.Subject != u.idToken.Subject {
		return nil, errors.New("ID token and UserInfo speak of different people")
	}
	return u, info.Claims(&u.UserInfo)
}
