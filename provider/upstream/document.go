package upstream

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"

	"signet/keys"
)

var (
	errNoSubject  = errors.New("the profile does not say who it is")
	errNoDocument = errors.New("the answer is not a JSON object")
)

// readDocument reads a JSON object. Numbers keep their digits. Objects with a member twice are refused: who reads the first and who
// reads the last would not agree who somebody is.
func readDocument(body []byte) (map[string]any, error) {
	if err := keys.CheckJSON(body); err != nil {
		return nil, errNoDocument
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var document map[string]any
	if err := d.Decode(&document); err != nil || document == nil {
		return nil, errNoDocument
	}
	return document, nil
}

// ask sends a request and reads the JSON object that comes back.
func (u *Upstreams) ask(s *Source, r *http.Request) (map[string]any, error) {
	body, err := u.send(s, r)
	if err != nil {
		return nil, err
	}
	document, err := readDocument(body)
	if err != nil {
		return nil, s.wrong(ErrAnswer, err)
	}
	return document, nil
}

// send sends a request and returns the body of the answer, whose status must be 200.
func (u *Upstreams) send(s *Source, r *http.Request) ([]byte, error) { return u.sendBy(u.http, s, r) }

func (u *Upstreams) sendBy(client *http.Client, s *Source, r *http.Request) ([]byte, error) {
	resp, err := client.Do(r)
	if err != nil {
		return nil, s.fetched(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, s.wrong(ErrDown, err)
	}
	if resp.StatusCode != http.StatusOK {
		return nil, s.status(resp.StatusCode, codeIn(body))
	}
	return body, nil
}

// codeIn is the member error of a JSON object, if it is a text.
func codeIn(body []byte) string {
	document, err := readDocument(body)
	if err != nil {
		return ""
	}
	code, _ := document["error"].(string)
	return code
}

// get makes a GET request with an access token.
func get(ctx context.Context, address string, access keys.Secret) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err == nil && access != "" {
		r.Header.Set("Authorization", "Bearer "+access.Reveal())
	}
	return r, err
}

// post makes a POST request of a form.
func post(ctx context.Context, address string, form url.Values) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(form.Encode()))
	if err == nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return r, err
}
