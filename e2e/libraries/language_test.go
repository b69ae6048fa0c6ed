package libraries_test

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"signet/e2e"
	"signet/handlers/robot"
)

// A client reads which languages there are, and sends people there in theirs (OIDC Core §3.1.2.1, Discovery §3).
func TestGoOIDC_Languages(t *testing.T) {
	provider := e2e.Development(t)
	found, err := oidc.NewProvider(context.Background(), provider.Issuer)
	if err != nil {
		t.Fatal(err)
	}
	var about struct {
		Languages []string `json:"ui_locales_supported"`
	}
	if err := found.Claims(&about); err != nil || !slices.Equal(about.Languages, []string{"en", "ar", "de", "es", "fr"}) {
		t.Fatalf("ui_locales_supported %v, %v", about.Languages, err)
	}
	config := oauth2.Config{ClientID: "speaks", ClientSecret: "any", RedirectURL: "http://127.0.0.1:3999/callback", Endpoint: found.Endpoint(), Scopes: []string{oidc.ScopeOpenID, "email"}}
	for wish, want := range map[string]string{"de": "de", "fr-CA en": "fr", "ja es-419": "es", "ar": "ar", "ja": "en"} {
		ask := config.AuthCodeURL("state", oauth2.S256ChallengeOption(oauth2.GenerateVerifier()), oauth2.SetAuthURLParam("ui_locales", wish))
		person := robot.New(t, provider.Issuer).Get(ask)
		speaks := func(page string) {
			t.Helper()
			if !strings.Contains(person.Body(), `<html lang="`+want+`"`) {
				t.Errorf("ui_locales %q: the %s page is not in %s", wish, page, want)
			}
		}
		speaks("sign-in")
		person.Submit("login", url.Values{"identifier": {"ada"}, "password": {provider.Password}})
		if !person.Has("allow") && !person.Left() {
			t.Fatalf("at %s: %s", person.URL(), person.Text())
		}
		if !person.Left() {
			speaks("consent")
		}
	}
}
