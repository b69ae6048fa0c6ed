package main

import (
	"encoding/base64"
	"net/url"
	"strconv"
	"strings"
)

// browser is what a browser sends with a navigation from another site, beside its cookies.
const browser = "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0\r\n" +
	"Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\nAccept-Language: en-GB,en;q=0.5\r\n" +
	"Sec-Fetch-Dest: document\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Site: cross-site\r\n"

// get is a GET request; headers are whole lines.
func get(target *url.URL, query, headers string) []byte {
	path := pathOf(target)
	if query != "" {
		path += "?" + query
	}
	return []byte("GET " + path + " HTTP/1.1\r\nHost: " + target.Host + "\r\n" + headers + "\r\n")
}

// post is a form.
func post(target *url.URL, form, headers string) []byte {
	return []byte("POST " + pathOf(target) + " HTTP/1.1\r\nHost: " + target.Host +
		"\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: " + strconv.Itoa(len(form)) + "\r\n" + headers + "\r\n" + form)
}

// pathOf is the path with the slash that a joined URL may lack.
func pathOf(u *url.URL) string { return "/" + strings.TrimPrefix(u.EscapedPath(), "/") }

// basic is the header of HTTP Basic authentication of a client (RFC 6749 §2.3.1).
func basic(id, secret string) string {
	pair := url.QueryEscape(id) + ":" + url.QueryEscape(secret)
	return "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(pair)) + "\r\n"
}

// form encodes pairs of names and values.
func form(pairs ...string) string {
	var b strings.Builder
	for i := 0; i+1 < len(pairs); i += 2 {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(pairs[i] + "=" + url.QueryEscape(pairs[i+1]))
	}
	return b.String()
}

// member returns a text member of a flat JSON object without decoding the rest; "" if it is not there. Tokens and codes
// need no escapes.
func member(body []byte, name string) string {
	_, rest, found := strings.Cut(string(body), `"`+name+`"`)
	rest = strings.TrimLeft(rest, " \t\r\n:")
	if !found || !strings.HasPrefix(rest, `"`) {
		return ""
	}
	value, _, _ := strings.Cut(rest[1:], `"`)
	return value
}
