package announced_test

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// uses tells how each member is used. Endpoints that others need anyway are used by them.
var uses map[string]func(w *walk, name string)

func init() {
	uses = map[string]func(w *walk, name string){
		"issuer": func(w *walk, _ string) {
			if w.meta["issuer"] != w.provider.Issuer {
				w.Errorf("issuer %v", w.meta["issuer"])
			}
		},
		"authorization_endpoint": func(w *walk, _ string) { w.signIn(w.register(nil)) },
		"token_endpoint":         func(w *walk, _ string) { w.signIn(w.register(nil)) },
		"jwks_uri": func(w *walk, _ string) {
			w.verified(w.signIn(w.register(nil))["id_token"].(string), "RS256", "")
		},
		"userinfo_endpoint":                     useUserInfo,
		"registration_endpoint":                 useRegistration,
		"introspection_endpoint":                useIntrospection,
		"revocation_endpoint":                   useRevocation,
		"pushed_authorization_request_endpoint": usePushed,
		"require_pushed_authorization_requests": func(w *walk, name string) { w.is(name, false); w.signIn(w.register(nil)) },
		"device_authorization_endpoint":         useDevice,
		"end_session_endpoint":                  useEndSession,

		"scopes_supported": func(w *walk, name string) {
			c := w.register(nil)
			for _, scope := range w.list(name) {
				if got := w.signIn(c, "scope", "openid "+scope, "prompt", "consent")["scope"]; !slices.Contains(strings.Fields(got.(string)), scope) {
					w.Errorf("asked for %s, got %v", scope, got)
				}
			}
		},
		"claims_supported":         useClaims,
		"claim_types_supported":    func(w *walk, name string) { w.only(name, "normal") },
		"response_types_supported": useResponseTypes,
		"response_modes_supported": useResponseModes,
		"grant_types_supported":    useGrantTypes,
		"subject_types_supported":  useSubjectTypes,
		"code_challenge_methods_supported": func(w *walk, name string) {
			w.only(name, "S256")
			w.signIn(w.register(map[string]any{"token_endpoint_auth_method": "none", "grant_types": []string{"authorization_code"}, "response_types": []string{"code"}}))
		},
		"prompt_values_supported": usePrompts,
		"ui_locales_supported":    useLanguages,
		"acr_values_supported": func(w *walk, name string) {
			c := w.register(nil)
			w.name = "grace" // who gets a second factor on the way, of which others must know nothing
			for _, acr := range w.list(name) {
				ask := `{"id_token":{"acr":{"essential":true,"value":"` + acr + `"}}}`
				if claims := w.idToken(w.signIn(c, "claims", ask)); claims["acr"] != acr {
					w.Errorf("acr %v, want %s", claims["acr"], acr)
				}
			}
		},
		"authorization_response_iss_parameter_supported": func(w *walk, name string) { w.is(name, true); w.signIn(w.register(nil)) },
		"claims_parameter_supported": func(w *walk, name string) {
			w.is(name, true)
			if claims := w.idToken(w.signIn(w.register(nil), "claims", `{"id_token":{"nickname":null}}`)); claims["nickname"] == nil {
				w.Errorf("ID token %v", claims)
			}
		},
		"request_parameter_supported": func(w *walk, name string) {
			w.is(name, true)
			c := w.register(nil)
			w.byRequestObject(c, w.sign("RS256", "", "oauth-authz-req+jwt", w.requestClaims(c)))
		},
		"require_signed_request_object":               func(w *walk, name string) { w.is(name, false); w.signIn(w.register(nil)) },
		"request_uri_parameter_supported":             useRequestURI,
		"require_request_uri_registration":            useRequestURI,
		"request_object_signing_alg_values_supported": useRequestObjectAlgs,

		"token_endpoint_auth_methods_supported":         useAuthMethods("token_endpoint"),
		"introspection_endpoint_auth_methods_supported": useAuthMethods("introspection_endpoint"),
		"revocation_endpoint_auth_methods_supported":    useAuthMethods("revocation_endpoint"),

		"token_endpoint_auth_signing_alg_values_supported":         useAuthAlgs("token_endpoint"),
		"introspection_endpoint_auth_signing_alg_values_supported": useAuthAlgs("introspection_endpoint"),
		"revocation_endpoint_auth_signing_alg_values_supported":    useAuthAlgs("revocation_endpoint"),

		"frontchannel_logout_supported":         func(w *walk, name string) { w.is(name, true); useFrontChannel(w) },
		"frontchannel_logout_session_supported": func(w *walk, name string) { w.is(name, true); useFrontChannel(w) },
		"backchannel_logout_supported":          func(w *walk, name string) { w.is(name, true); useBackChannel(w) },
		"backchannel_logout_session_supported":  func(w *walk, name string) { w.is(name, true); useBackChannel(w) },
	}
	maps.Copy(uses, protectionUses())
}

// is holds a member to one value.
func (w *walk) is(name string, want any) {
	w.Helper()
	if w.meta[name] != want {
		w.Errorf("%s is %v, want %v", name, w.meta[name], want)
	}
}

func (w *walk) only(name string, want ...string) {
	w.Helper()
	if got := w.list(name); !slices.Equal(got, want) {
		w.Errorf("%s is %q, want %q", name, got, want)
	}
}

// idToken is the claims of an ID token of a client that has registered no algorithm.
func (w *walk) idToken(tokens map[string]any) map[string]any {
	w.Helper()
	text, _ := tokens["id_token"].(string)
	return w.verified(text, "RS256", "")
}

func useUserInfo(w *walk, _ string) {
	info := w.members(w.userInfo(w.signIn(w.register(nil), "scope", "openid email")["access_token"]), http.StatusOK)
	if info["email"] != "ada@example.test" {
		w.Errorf("%v", info)
	}
}

func useRegistration(w *walk, _ string) {
	c := w.register(nil)
	bearer := "Bearer " + c.record["registration_access_token"].(string)
	address := c.record["registration_client_uri"].(string)
	if read := w.members(w.send(http.MethodGet, address, "", nil, "Authorization", bearer), http.StatusOK); read["client_id"] != c.id {
		w.Errorf("%v", read)
	}
}

func useIntrospection(w *walk, _ string) {
	c := w.register(nil)
	token, _ := w.signIn(c)["access_token"].(string)
	if facts := w.members(w.call(c, "introspection_endpoint", url.Values{"token": {token}}), http.StatusOK); facts["active"] != true {
		w.Errorf("%v", facts)
	}
}

func useRevocation(w *walk, _ string) {
	c := w.register(nil)
	token, _ := w.signIn(c)["access_token"].(string)
	if a := w.call(c, "revocation_endpoint", url.Values{"token": {token}}); a.status != http.StatusOK {
		w.Errorf("%d %s", a.status, a.body)
	}
	if a := w.userInfo(token); a.status != http.StatusUnauthorized {
		w.Errorf("after it, userinfo: %d", a.status)
	}
}

func usePushed(w *walk, _ string) {
	c := w.register(nil)
	pushed := w.members(w.call(c, "pushed_authorization_request_endpoint", w.ask(c)), http.StatusCreated)
	params, _ := w.authorize(c, url.Values{"client_id": {c.id}, "request_uri": {pushed["request_uri"].(string)}})
	w.members(w.redeem(c, params.Get("code")), http.StatusOK)
}

func useClaims(w *walk, name string) {
	c := w.register(map[string]any{"response_types": []string{"code id_token token", "code"}})
	w.provider.Operate(w.T, "client", "edit", c.id, "--role", "editor=staff") // roles are what the operator says
	params, _ := w.authorize(c, w.ask(c, "response_type", "code id_token token", "scope", strings.Join(w.list("scopes_supported"), " "), "prompt", "consent"))
	seen := w.verified(params.Get("id_token"), "RS256", "")
	maps.Copy(seen, w.members(w.userInfo(params.Get("access_token")), http.StatusOK))
	fromPassword := []string{"amr"} // ada was picked by name or by password, as the provider's mode has it
	for _, claim := range w.list(name) {
		if seen[claim] == nil && !slices.Contains(fromPassword, claim) {
			w.Errorf("%s is in neither the ID token nor userinfo", claim)
		}
	}
}

// useLanguages has the sign-in page speak each language.
func useLanguages(w *walk, name string) {
	c := w.register(nil)
	for _, tag := range w.list(name) {
		page := w.person.Get("/authorize?" + w.ask(c, "ui_locales", tag, "prompt", "login").Encode())
		if !strings.Contains(page.Body(), `<html lang="`+tag+`"`) {
			w.Errorf("%s: %.300s", tag, page.Body())
		}
	}
}

func useResponseTypes(w *walk, name string) {
	c := w.register(nil)
	for _, typ := range w.list(name) {
		params, way := w.authorize(c, w.ask(c, "response_type", typ))
		front := strings.Contains(typ, "token")
		for word, member := range map[string]string{"code": "code", "token": "access_token", "id_token": "id_token"} {
			if params.Has(member) != slices.Contains(strings.Fields(typ), word) {
				w.Errorf("%s brings %v", typ, params)
			}
		}
		if (way == "fragment") != front {
			w.Errorf("%s comes by %s", typ, way)
		}
	}
}

func useResponseModes(w *walk, name string) {
	c := w.register(nil)
	for _, mode := range w.list(name) {
		params, way := w.authorize(c, w.ask(c, "response_mode", mode))
		want := strings.TrimSuffix(strings.TrimSuffix(mode, "jwt"), ".")
		if want == "" {
			want = "query"
		}
		if strings.HasSuffix(mode, "jwt") {
			params.Set("code", w.verified(params.Get("response"), "RS256", "")["code"].(string))
		}
		if way != want || w.redeem(c, params.Get("code")).status != http.StatusOK {
			w.Errorf("%s came by %s: %v", mode, way, params)
		}
	}
}

func useGrantTypes(w *walk, name string) {
	c := w.register(nil)
	for _, grant := range w.list(name) {
		switch grant {
		case "authorization_code":
			w.signIn(c)
		case "implicit":
			if params, _ := w.authorize(c, w.ask(c, "response_type", "token")); !params.Has("access_token") {
				w.Errorf("implicit: %v", params)
			}
		case "refresh_token":
			refresh, _ := w.signIn(c, "scope", "openid offline_access", "prompt", "consent")["refresh_token"].(string)
			w.members(w.call(c, "token_endpoint", url.Values{"grant_type": {grant}, "refresh_token": {refresh}}), http.StatusOK)
		case "client_credentials":
			w.members(w.call(c, "token_endpoint", url.Values{"grant_type": {grant}}), http.StatusOK)
		case "urn:ietf:params:oauth:grant-type:device_code":
			useDevice(w, "")
		default:
			w.Errorf("nobody uses the grant type %s", grant)
		}
	}
}

func useSubjectTypes(w *walk, name string) {
	subjects := map[string]string{}
	for _, typ := range w.list(name) {
		c := w.register(map[string]any{"subject_type": typ})
		tokens := w.signIn(c)
		sub, _ := w.idToken(tokens)["sub"].(string)
		if info := w.members(w.userInfo(tokens["access_token"]), http.StatusOK); sub == "" || info["sub"] != sub {
			w.Errorf("%s: sub %q and %v", typ, sub, info["sub"])
		}
		for other, theirs := range subjects {
			if theirs == sub {
				w.Errorf("%s and %s are the same", typ, other)
			}
		}
		subjects[typ] = sub
	}
}

func usePrompts(w *walk, name string) {
	c := w.register(nil)
	first := w.idToken(w.signIn(c))
	for _, prompt := range w.list(name) {
		if prompt == "create" { // an account that nobody has yet: its page is what is asked for
			if w.person.Get(w.endpoint("authorization_endpoint") + "?" + w.ask(c, "prompt", prompt).Encode()); !w.person.Has("ask") {
				w.Errorf("prompt=create leads to %s: %s", w.person.URL(), w.person.Text())
			}
			continue
		}
		w.provider.Advance(w, 2*time.Second)
		claims := w.idToken(w.signIn(c, "prompt", prompt))
		if anew := claims["auth_time"] != first["auth_time"]; prompt != "select_account" && anew != (prompt == "login") {
			w.Errorf("prompt=%s: auth_time %v, before %v", prompt, claims["auth_time"], first["auth_time"])
		}
		first = claims
	}
}

// useAuthMethods authenticates in every announced way at an endpoint.
func useAuthMethods(endpoint string) func(*walk, string) {
	return func(w *walk, name string) {
		for _, method := range w.list(name) {
			w.proves(endpoint, map[string]any{"token_endpoint_auth_method": method})
		}
	}
}

func useAuthAlgs(endpoint string) func(*walk, string) {
	return func(w *walk, name string) {
		for _, alg := range w.list(name) {
			method := "private_key_jwt"
			if strings.HasPrefix(alg, "HS") {
				method = "client_secret_jwt"
			}
			w.proves(endpoint, map[string]any{"token_endpoint_auth_method": method, "token_endpoint_auth_signing_alg": alg})
		}
	}
}

// proves has a client prove who it is at an endpoint. A public client takes a code there, which is all that it can.
func (w *walk) proves(endpoint string, change map[string]any) {
	w.Helper()
	if change["token_endpoint_auth_method"] == "none" {
		change["grant_types"], change["response_types"] = []string{"authorization_code"}, []string{"code"}
	}
	c := w.register(change)
	if endpoint == "token_endpoint" {
		w.signIn(c)
		return
	}
	if a := w.call(c, endpoint, url.Values{"token": {"unknown"}}); a.status != http.StatusOK {
		w.Errorf("%v at %s: %d %s", change, endpoint, a.status, a.body)
	}
}
