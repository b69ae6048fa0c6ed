package conformance

import (
	"bytes"
	"encoding/json"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestModule_oidcc_ensure_redirect_uri_in_authorization_request(t *testing.T) {
	module(t, func(m *run) {
		m.register(map[string]any{"redirect_uris": []string{m.place.base + "/callback", "https://example.org/redirect"}})
		p := m.request()
		p.drop("redirect_uri")
		m.placeholder = "an error page: there is no redirect URI"
		m.errorPage(m.authorize(p))
	})
}

// queryModule registers a redirect URI with a query and uses it with another.
func queryModule(registered, used string) func(*run) {
	return func(m *run) {
		m.register(map[string]any{"redirect_uris": []string{m.place.base + "/callback" + registered}})
		p := m.request()
		p.set("redirect_uri", m.place.base+"/callback"+used)
		if registered == used {
			m.userInfo(m.signIn(p))
			return
		}
		m.placeholder = "an error page: the redirect URI is not registered"
		m.errorPage(m.authorize(p))
	}
}

func TestModule_oidcc_redirect_uri_query_OK(t *testing.T) {
	module(t, queryModule("?bar=foo", "?bar=foo"))
}

func TestModule_oidcc_redirect_uri_query_mismatch(t *testing.T) {
	module(t, queryModule("?bar=foo", "?foo=bar"))
}

func TestModule_oidcc_redirect_uri_query_added(t *testing.T) {
	module(t, queryModule("", "?foo=bar"))
}

func TestModule_oidcc_redirect_uri_regfrag(t *testing.T) {
	module(t, func(m *run) {
		said := m.clientMetadata(map[string]any{"redirect_uris": []string{m.place.base + "/callback#fragment"}})
		m.refused(said, "invalid_redirect_uri", "invalid_client_metadata")
	})
}

// raspberry is a colour that nobody paints with by chance.
var raspberry = color.NRGBA{R: 0xc7, G: 0x1f, B: 0x5e, A: 0xff}

// picture is all raspberry.
func picture() []byte {
	canvas := image.NewNRGBA(image.Rect(0, 0, 64, 64))
	draw.Draw(canvas, canvas.Bounds(), image.NewUniform(raspberry), image.Point{}, draw.Src)
	var b bytes.Buffer
	if err := png.Encode(&b, canvas); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// isPicture tells whether a picture is that one, drawn anew perhaps.
func isPicture(text []byte) bool {
	drawn, _, err := image.Decode(bytes.NewReader(text))
	if err != nil {
		return false
	}
	b := drawn.Bounds()
	middle := color.NRGBAModel.Convert(drawn.At((b.Min.X+b.Max.X)/2, (b.Min.Y+b.Max.Y)/2))
	return middle == raspberry
}

func TestModule_oidcc_registration_logo_uri(t *testing.T) {
	module(t, func(m *run) {
		logo := m.place.publish("/logo.png", "image/png", picture())
		m.register(map[string]any{"logo_uri": logo})
		m.signInPage("the client's logo")
		m.need(slices.ContainsFunc(m.browser.All("img", "src"), func(src string) bool { return m.shows(src, logo) }),
			"no logo on the sign-in page: pictures %v", m.browser.All("img", "src"))
	})
}

// shows tells whether a picture of the page is the logo: the very address if the page's policy lets it load, or an address of
// the provider's own at which the same is seen.
func (m *run) shows(src, logo string) bool {
	if src == logo {
		return m.browser.Allows("img-src", logo)
	}
	address := must(m.browser.URL().Parse(src))
	if origin(address.String()) != m.provider.issuer {
		return false
	}
	answer := m.send(http.MethodGet, address.String(), "", nil)
	return answer.status == http.StatusOK && strings.HasPrefix(answer.kind(), "image/") && isPicture(answer.body)
}

// signInPage goes as far as the sign-in page and looks at it.
func (m *run) signInPage(what string) {
	m.placeholder = "the sign-in page with " + what
	l := m.authorize(m.request())
	m.need(l.saw("login") && m.placeholder == "", "the browser is at %s", m.where())
}

// linkModule registers an address that the sign-in page must have a link to.
func linkModule(member, path string) func(*run) {
	return func(m *run) {
		address := m.place.publish(path, "text/html", []byte("<!DOCTYPE html><title>Words</title>"))
		m.register(map[string]any{member: address})
		m.signInPage(member)
		m.need(slices.Contains(m.browser.All("a", "href"), address), "no link to %s on the sign-in page: links %v", address, m.browser.All("a", "href"))
	}
}

func TestModule_oidcc_registration_policy_uri(t *testing.T) {
	module(t, linkModule("policy_uri", "/policy"))
}

func TestModule_oidcc_registration_tos_uri(t *testing.T) {
	module(t, linkModule("tos_uri", "/terms"))
}

// publishKeys puts a key where jwks_uri says.
func (m *run) publishKeys(s *signer) string {
	return m.place.publish("/jwks", "application/json", must(json.Marshal(s.public())))
}

func TestModule_oidcc_registration_jwks_uri(t *testing.T) {
	module(t, func(m *run) {
		m.register(map[string]any{"jwks": nil, "jwks_uri": m.publishKeys(firstKey())})
		m.userInfo(m.signIn(m.request()))
		m.want(len(m.place.arrived("/jwks")) > 0, "nobody has fetched the keys")
	})
}

func TestModule_oidcc_refresh_token_rp_key_rotation(t *testing.T) {
	module(t, func(m *run) {
		m.register(map[string]any{
			"jwks": nil, "jwks_uri": m.publishKeys(firstKey()), "grant_types": append(m.grantTypes(), "refresh_token"),
		})
		o := m.signIn(m.offline())
		m.need(o.refresh != "", "no refresh token")
		m.publishKeys(secondKey())
		m.client.signer = secondKey()
		m.wait(time.Minute)
		m.refresh(o)
	})
}

// pairwise is what a client says that wants subjects of its own.
func (m *run) pairwise(addresses ...string) map[string]any {
	if !m.metadata.has("subject_types_supported", "pairwise") {
		m.skip("subject_types_supported lacks pairwise")
	}
	sector := m.place.publish("/redirect_uris.json", "application/json", must(json.Marshal(addresses)))
	return map[string]any{"subject_type": "pairwise", "sector_identifier_uri": sector}
}

func TestModule_oidcc_registration_sector_uri(t *testing.T) {
	module(t, func(m *run) {
		m.register(m.pairwise(m.place.base + "/callback"))
		m.userInfo(m.signIn(m.request()))
	})
}

func TestModule_oidcc_registration_sector_bad(t *testing.T) {
	module(t, func(m *run) {
		m.refused(m.clientMetadata(m.pairwise("https://example.org/elsewhere")), "invalid_client_metadata")
	})
}

func TestModule_oidcc_ensure_client_assertion_with_iss_aud_succeeds(t *testing.T) {
	module(t, func(m *run) {
		m.audience = m.metadata.text("issuer")
		happy(m)
	})
}

func TestModule_oidcc_3rd_party_init_login(t *testing.T) {
	module(t, func(m *run) {
		address := m.place.base + "/initiate_login"
		m.register(map[string]any{"initiate_login_uri": address})
		m.want(m.client.metadata["initiate_login_uri"] == address, "the registration has initiate_login_uri %v", m.client.metadata["initiate_login_uri"])
		m.need(m.client.uri != "", "the registration has no registration_client_uri")
		answer := m.send(http.MethodGet, m.client.uri, "", nil, bearer(m.client.token))
		m.need(answer.status == http.StatusOK && answer.kind() == "application/json", "registration_client_uri: status %d, %s", answer.status, answer.kind())
		said, err := answer.object()
		m.ran(err)
		m.want(said["initiate_login_uri"] == address, "the registration, read again, has initiate_login_uri %v", said["initiate_login_uri"])
	})
}

func TestModule_oidcc_3rd_party_init_login_nohttps(t *testing.T) {
	module(t, func(m *run) {
		address := "http://" + strings.TrimPrefix(m.place.base, "https://") + "/initiate_login"
		m.refused(m.clientMetadata(map[string]any{"initiate_login_uri": address}), "invalid_client_metadata")
	})
}

// The operator takes new signing keys into use while relying parties are there.
func TestModule_oidcc_server_rotate_keys(t *testing.T) {
	module(t, func(m *run) {
		m.register()
		before := m.keys
		m.ran(m.provider.rotate())
		m.keys = m.fetchKeys()
		m.want(m.hasNewKey(before), "no key is new after the rotation")
		for kid := range before {
			_, there := m.keys[kid]
			m.warn(there, "key %s is no longer published", kid)
		}
		m.userInfo(m.signIn(m.request()))
	})
}

// hasNewKey tells whether there is a key that was not there, neither by its kid nor by its value.
func (m *run) hasNewKey(before keySet) bool {
	old := map[string]bool{}
	for kid, key := range before {
		old[kid], old[thumbprint(key)] = true, true
	}
	for kid, key := range m.keys {
		if !old[kid] && !old[thumbprint(key)] {
			return true
		}
	}
	return false
}
