package upstream

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"

	"golang.org/x/oauth2"

	"signet/keys"
)

// quirk is what one provider does otherwise than the others, as far as it does not fit into a field of its row.
type quirk struct {
	// exchange adds parameters to the token request, of those that came with the code.
	exchange func(params url.Values) []oauth2.AuthCodeOption
	// userInfo makes the request for the profile.
	userInfo func(ctx context.Context, s *Source, address string, access keys.Secret) (*http.Request, error)
	// arrived adds to the profile what came with the code.
	arrived func(profile map[string]any, params url.Values)
}

var quirks = map[string]quirk{
	"apple":    {arrived: appleName},
	"facebook": {userInfo: facebookUserInfo},
	"vk":       {exchange: vkDevice, userInfo: vkUserInfo},
	"yandex":   {userInfo: yandexUserInfo},
}

// appleName takes the name from the parameter user, which Apple sends with the first sign-in alone. It came by the browser, so it is
// as good as what a person types into a form, and nothing but the name is taken.
func appleName(profile map[string]any, params url.Values) {
	var user struct {
		Name struct {
			First string `json:"firstName"`
			Last  string `json:"lastName"`
		} `json:"name"`
	}
	text := param(params, "user")
	if len(text) > 4<<10 || json.Unmarshal([]byte(text), &user) != nil {
		return
	}
	full := user.Name.First
	if full != "" && user.Name.Last != "" {
		full += " "
	}
	full += user.Name.Last
	for name, value := range map[string]string{"given_name": user.Name.First, "family_name": user.Name.Last, "name": full} {
		if value != "" && len(value) <= 256 {
			profile[name] = value
		}
	}
}

// appsecretProof shows Facebook that who uses a token has the application's secret too.
func appsecretProof(s *Source, access keys.Secret) string {
	mac := hmac.New(sha256.New, []byte(s.ClientSecret.Reveal()))
	mac.Write([]byte(access.Reveal()))
	return hex.EncodeToString(mac.Sum(nil))
}

func facebookUserInfo(ctx context.Context, s *Source, address string, access keys.Secret) (*http.Request, error) {
	address, err := withQuery(address, url.Values{"appsecret_proof": {appsecretProof(s, access)}})
	if err != nil {
		return nil, err
	}
	return get(ctx, address, access)
}

// vkDevice sends device_id back, without which VK redeems no code.
func vkDevice(params url.Values) []oauth2.AuthCodeOption {
	return []oauth2.AuthCodeOption{oauth2.SetAuthURLParam("device_id", param(params, "device_id"))}
}

// vkUserInfo asks by POST, as VK wants it, naming the application.
func vkUserInfo(ctx context.Context, s *Source, address string, access keys.Secret) (*http.Request, error) {
	return post(ctx, address, url.Values{"client_id": {s.ClientID}, "access_token": {access.Reveal()}})
}

// yandexUserInfo has the scheme OAuth where others have Bearer.
func yandexUserInfo(ctx context.Context, _ *Source, address string, access keys.Secret) (*http.Request, error) {
	r, err := get(ctx, address, "")
	if err == nil {
		r.Header.Set("Authorization", "OAuth "+access.Reveal())
	}
	return r, err
}

// withQuery adds parameters to an address.
func withQuery(address string, more url.Values) (string, error) {
	at, err := url.Parse(address)
	if err != nil {
		return "", err
	}
	query := at.Query()
	for name, values := range more {
		query[name] = values
	}
	at.RawQuery = query.Encode()
	return at.String(), nil
}
