package upstream

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"signet/keys"
)

// audienceRules are the ways to find out for whom an access token was issued. Each returns whose it is, if it is said, and an error
// unless the token is good and ours.
var audienceRules = map[string]func(ctx context.Context, u *Upstreams, s *Source, access keys.Secret) (subject string, err error){
	AudienceTokenInfo:     tokenInfo,
	AudienceDebugToken:    debugToken,
	AudienceApplication:   applicationToken,
	AudienceIntrospection: introspect,
	AudienceUserInfo:      userInfoAudience,
}

var errNotOurs = errors.New("the token was issued to another application, or is over")

// tokenInfo asks Google.
func tokenInfo(ctx context.Context, u *Upstreams, s *Source, access keys.Secret) (string, error) {
	address, err := withQuery(s.AudienceEndpoint, url.Values{"access_token": {access.Reveal()}})
	if err != nil {
		return "", s.wrong(ErrAnswer, err)
	}
	r, err := get(ctx, address, "")
	if err != nil {
		return "", s.wrong(ErrAnswer, err)
	}
	said, err := u.ask(s, r)
	if err != nil {
		return "", err
	}
	azp, there := said["azp"].(string)
	aud, _ := said["aud"].(string)
	if !slices.Contains(s.ours(), aud) || there && !slices.Contains(s.ours(), azp) {
		return "", s.wrong(ErrPosted, errNotOurs)
	}
	return textOf(said["sub"]), nil
}

// debugToken asks Facebook, as the application.
func debugToken(ctx context.Context, u *Upstreams, s *Source, access keys.Secret) (string, error) {
	address, err := withQuery(s.AudienceEndpoint, url.Values{"input_token": {access.Reveal()}, "access_token": {s.ClientID + "|" + s.ClientSecret.Reveal()}})
	if err != nil {
		return "", s.wrong(ErrAnswer, err)
	}
	r, err := get(ctx, address, "")
	if err != nil {
		return "", s.wrong(ErrAnswer, err)
	}
	said, err := u.ask(s, r)
	if err != nil {
		return "", err
	}
	data, _ := said["data"].(map[string]any)
	if valid, _ := data["is_valid"].(bool); !valid || !slices.Contains(s.ours(), textOf(data["app_id"])) {
		return "", s.wrong(ErrPosted, errNotOurs)
	}
	subject := textOf(data["user_id"])
	if subject == "" {
		return "", s.wrong(ErrPosted, errors.New("the token is nobody's"))
	}
	return subject, nil
}

// applicationToken asks GitHub, as the application: it knows its own tokens and no others.
func applicationToken(ctx context.Context, u *Upstreams, s *Source, access keys.Secret) (string, error) {
	r, err := applicationRequest(ctx, http.MethodPost, s, access)
	if err != nil {
		return "", s.wrong(ErrAnswer, err)
	}
	said, err := u.ask(s, r)
	if err != nil {
		return "", err
	}
	app, _ := said["app"].(map[string]any)
	if id, _ := app["client_id"].(string); !slices.Contains(s.ours(), id) {
		return "", s.wrong(ErrPosted, errNotOurs)
	}
	user, _ := said["user"].(map[string]any)
	return textOf(user["id"]), nil
}

// applicationRequest names a token to the provider as the application.
func applicationRequest(ctx context.Context, method string, s *Source, access keys.Secret) (*http.Request, error) {
	body, err := json.Marshal(map[string]string{"access_token": access.Reveal()})
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, method, s.AudienceEndpoint, strings.NewReader(string(body)))
	if err == nil {
		r.Header.Set("Content-Type", "application/json")
		r.SetBasicAuth(s.ClientID, s.ClientSecret.Reveal())
	}
	return r, err
}

// introspect asks as RFC 7662 has it.
func introspect(ctx context.Context, u *Upstreams, s *Source, access keys.Secret) (string, error) {
	e, err := u.endpoints(ctx, s)
	if err != nil {
		return "", err
	}
	if e.introspection == "" {
		return "", s.wrong(ErrNoRule, errors.New("it has no introspection endpoint"))
	}
	r, err := u.authenticated(ctx, s, e.introspection, url.Values{"token": {access.Reveal()}, "token_type_hint": {"access_token"}})
	if err != nil {
		return "", err
	}
	said, err := u.ask(s, r)
	if err != nil {
		return "", err
	}
	client, _ := said["client_id"].(string)
	if active, _ := said["active"].(bool); !active || !slices.Contains(s.ours(), client) {
		return "", s.wrong(ErrPosted, errNotOurs)
	}
	if use, there := said["token_use"]; there && use != "access" && use != "access_token" {
		return "", s.wrong(ErrPosted, errors.New("it is no access token"))
	}
	return textOf(said["sub"]), nil
}

// userInfoAudience asks for the profile, which names the application.
func userInfoAudience(ctx context.Context, u *Upstreams, s *Source, access keys.Secret) (string, error) {
	said, err := u.userInfo(ctx, s, s.UserInfoEndpoint, access)
	if err != nil {
		return "", err
	}
	if id, _ := said["client_id"].(string); !slices.Contains(s.ours(), id) {
		return "", s.wrong(ErrPosted, errNotOurs)
	}
	return textOf(find(said, s.SubjectPath)), nil
}

// authenticated makes a POST request of a form that shows who we are, as at the token endpoint.
func (u *Upstreams) authenticated(ctx context.Context, s *Source, address string, form url.Values) (*http.Request, error) {
	secret, err := u.secret(s)
	if err != nil {
		return nil, s.wrong(ErrAnswer, err)
	}
	basic := s.ClientAuth == "client_secret_basic"
	if !basic {
		form.Set("client_id", s.ClientID)
		if secret != "" {
			form.Set("client_secret", secret)
		}
	}
	r, err := post(ctx, address, form)
	if err != nil {
		return nil, s.wrong(ErrAnswer, err)
	}
	if basic {
		r.SetBasicAuth(url.QueryEscape(s.ClientID), url.QueryEscape(secret))
	}
	return r, nil
}
