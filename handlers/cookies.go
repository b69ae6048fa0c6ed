package handlers

import (
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// cookies are those that there are: one names the session, one tells browsers apart before anyone has signed in, one says who has
// signed in here before (see account.Device), and one, where clients may watch sessions, says to a script whether it is still the
// same session. Their values mean nothing by themselves. One is the language that somebody chose in this browser.
type cookies struct {
	session, browser, state, device, waiting, language string
	secure                                             bool
	rand                                               io.Reader
}

// newCookies chooses the names. The prefix __Host- lets no neighbouring site and no plain connection set them; without TLS,
// as on a developer's machine, browsers would refuse it. The issuer's port, where it says one, is in the name: browsers do not
// tell ports apart, and two servers on one machine must not end each other's sessions.
func newCookies(issuer *url.URL, rand io.Reader) cookies {
	secure := issuer.Scheme == "https"
	name := "signet"
	if secure {
		name = "__Host-signet"
	}
	if port := issuer.Port(); port != "" {
		name += "-" + port
	}
	return cookies{session: name, browser: name + "-browser", state: name + "-state", device: name + "-device", waiting: name + "-waiting", language: name + "-language", secure: secure, rand: rand}
}

// read returns a cookie's value. If there are two of the name, somebody else has set one of them, and neither counts.
func (c cookies) read(r *http.Request, name string) string {
	found := r.CookiesNamed(name)
	if len(found) != 1 || found[0].Quoted {
		return ""
	}
	return found[0].Value
}

// set sets a cookie until the browser is closed; an empty value removes it.
func (c cookies) set(w http.ResponseWriter, name, value string) { c.keep(w, name, value, 0) }

// keep sets a cookie for so long.
func (c cookies) keep(w http.ResponseWriter, name, value string, life time.Duration) {
	cookie := &http.Cookie{Name: name, Value: value, Path: "/", Secure: c.secure, HttpOnly: true, SameSite: http.SameSiteLaxMode, MaxAge: int(life / time.Second)}
	if value == "" {
		cookie.MaxAge = -1
	}
	http.SetCookie(w, cookie)
}

// setState sets the state, which a script of ours reads in a frame of another site; an empty value removes it. Without TLS no
// browser takes a cookie into such a frame, unless both are on one site, as on a developer's machine.
func (c cookies) setState(w http.ResponseWriter, value string) {
	cookie := &http.Cookie{Name: c.state, Value: value, Path: "/", Secure: c.secure, SameSite: http.SameSiteLaxMode}
	if c.secure {
		cookie.SameSite = http.SameSiteNoneMode
	}
	if value == "" {
		cookie.MaxAge = -1
	}
	http.SetCookie(w, cookie)
}

// languageLife is how long a browser keeps the language, in seconds: a year.
const languageLife = 365 * 24 * 60 * 60

// setLanguage notes a language, past the end of the browser.
func (c cookies) setLanguage(w http.ResponseWriter, tag string) {
	http.SetCookie(w, &http.Cookie{
		Name: c.language, Value: tag, Path: "/", MaxAge: languageLife, Secure: c.secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// bindingBytes is how many random bytes a browser's cookie has.
const bindingBytes = 32

var bindingEncoding = base64.RawURLEncoding.Strict()

// binding is the value of the browser's cookie, or empty if it is none of ours.
func (c cookies) binding(r *http.Request) string {
	value := c.read(r, c.browser)
	if len(value) != bindingEncoding.EncodedLen(bindingBytes) {
		return ""
	}
	if _, err := bindingEncoding.DecodeString(value); err != nil {
		return ""
	}
	return value
}

// newBinding gives a browser its cookie.
func (c cookies) newBinding(w http.ResponseWriter) (string, error) {
	raw := make([]byte, bindingBytes)
	if _, err := io.ReadFull(c.rand, raw); err != nil {
		return "", fmt.Errorf("handlers: cookie: %w", err)
	}
	value := bindingEncoding.EncodeToString(raw)
	c.set(w, c.browser, value)
	return value, nil
}
