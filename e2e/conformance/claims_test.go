package conformance

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"slices"

	"golang.org/x/text/language"
)

// claimRules are what the standard claims must be (OIDC Core §5.1).
var claimRules = map[string]func(any) bool{
	"sub": isText, "name": isText, "given_name": isText, "family_name": isText, "middle_name": isText, "nickname": isText,
	"preferred_username": isText, "gender": isText, "email": matchesText(`^[^@\s]+@[^@\s]+$`),
	"profile": isWebAddress, "picture": isWebAddress, "website": isWebAddress,
	"birthdate": matchesText(`^(\d{4}|0000)(-\d{2}-\d{2})?$`), "zoneinfo": matchesText(`^[A-Za-z]+(/[A-Za-z0-9_+-]+)*$`),
	"locale": isLanguage, "phone_number": matchesText(`^\+[0-9 ().-]+(;ext=[0-9]+)?$`),
	"email_verified": isBoolean, "phone_number_verified": isBoolean, "updated_at": isNumber, "address": isAddress,
}

func isText(v any) bool {
	s, ok := v.(string)
	return ok && s != "" && s != "null"
}

func matchesText(pattern string) func(any) bool {
	compiled := regexp.MustCompile(pattern)
	return func(v any) bool { return isText(v) && compiled.MatchString(v.(string)) }
}

func isWebAddress(v any) bool {
	s, _ := v.(string)
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != ""
}

func isLanguage(v any) bool {
	s, _ := v.(string)
	_, err := language.Parse(s)
	return err == nil
}

func isBoolean(v any) bool {
	_, ok := v.(bool)
	return ok
}

func isNumber(v any) bool {
	_, ok := v.(json.Number)
	return ok
}

// addressMembers are those of the address claim (OIDC Core §5.1.1).
var addressMembers = []string{"formatted", "street_address", "locality", "region", "postal_code", "country"}

func isAddress(v any) bool {
	members, ok := v.(map[string]any)
	for name, value := range members {
		ok = ok && slices.Contains(addressMembers, name) && isText(value)
	}
	return ok && len(members) > 0
}

// checkClaimTypes looks at the standard claims that are there.
func (m *run) checkClaimTypes(where string, claims map[string]any) {
	for name, value := range claims {
		if rule := claimRules[name]; rule != nil {
			m.want(rule(value), "%s: %s %#v is not what the claim is for", where, name, value)
		}
	}
}

// scopeClaims are what scopes ask for (OIDC Core §5.4).
var scopeClaims = map[string][]string{
	"profile": {
		"name", "given_name", "family_name", "middle_name", "nickname", "preferred_username", "profile", "picture", "website",
		"gender", "birthdate", "zoneinfo", "locale", "updated_at",
	},
	"email":   {"email", "email_verified"},
	"address": {"address"},
	"phone":   {"phone_number", "phone_number_verified"},
}

// ways to call UserInfo (OIDC Core §5.3.1).
func (m *run) userInfoBy(method string, token string) *reply {
	endpoint := m.metadata.text("userinfo_endpoint")
	m.need(endpoint != "", "discovery has no userinfo_endpoint")
	switch method {
	case "header":
		return m.send(http.MethodPost, endpoint, "", nil, bearer(token))
	case "body":
		return m.send(http.MethodPost, endpoint, "application/x-www-form-urlencoded", []byte(params{{"access_token", token}}.encode()))
	}
	return m.send(http.MethodGet, endpoint, "", nil, bearer(token))
}

// userInfo reads UserInfo with the access token of a sign-in, if there is one, and compares it with the ID token.
func (m *run) userInfo(o *outcome) map[string]any {
	if o.access == "" {
		return nil
	}
	return m.checkUserInfo(o, m.userInfoBy("get", o.access))
}

func (m *run) checkUserInfo(o *outcome, answer *reply) map[string]any {
	m.need(answer.status == http.StatusOK, "UserInfo: status %d: %s", answer.status, answer.body)
	m.need(answer.kind() == "application/json", "UserInfo: Content-Type %s", answer.kind())
	claims, err := answer.object()
	m.ran(err)
	m.want(claims["sub"] == o.subject() && o.subject() != "", "UserInfo: sub %v, the ID token has %s", claims["sub"], o.subject())
	m.checkClaimTypes("UserInfo", claims)
	return claims
}
