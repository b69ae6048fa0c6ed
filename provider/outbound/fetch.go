package outbound

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Want says which answers are good.
type Want struct {
	// MaxBytes is how large the body may be; 0 is 64 KiB.
	MaxBytes int64
	// Types are the media types that are taken, in lower case; none takes every one.
	Types []string
}

const defaultMaxBytes = 64 << 10

// Answer is what was fetched.
type Answer struct {
	Body []byte
	// Type is the media type in lower case, without parameters; empty if none was said.
	Type string
	// MaxAge is how long the answer says that it stays fresh (RFC 9111 §4.2.1); 0 if it must not be kept, negative if it
	// says nothing.
	MaxAge time.Duration
}

// Get fetches. Its errors are *Error: every status but 200 is one, and so is an answer that is not as Want has it.
func (c *Client) Get(ctx context.Context, address string, want Want) (*Answer, error) {
	if want.MaxBytes == 0 {
		want.MaxBytes = defaultMaxBytes
	}
	header := http.Header{"Accept": {"*/*"}}
	if len(want.Types) > 0 {
		header.Set("Accept", strings.Join(want.Types, ", "))
	}
	var answer *Answer
	err := c.do(ctx, http.MethodGet, address, "", header, func(resp *http.Response) (err error) {
		answer, err = want.read(resp)
		return err
	})
	return answer, err
}

// PostForm sends a form and returns the status of the answer, whatever it is. The answer's body is not looked at. Its errors are
// *Error.
func (c *Client) PostForm(ctx context.Context, address string, form url.Values) (status int, err error) {
	header := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "Accept": {"*/*"}}
	err = c.do(ctx, http.MethodPost, address, form.Encode(), header, func(resp *http.Response) error {
		status = resp.StatusCode
		return nil
	})
	return status, err
}

func (w Want) read(resp *http.Response) (*Answer, error) {
	a := &Answer{MaxAge: maxAge(resp.Header)}
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the answer has the status %d", resp.StatusCode)
	}
	if t := resp.Header.Get("Content-Type"); t != "" {
		a.Type, _, _ = mime.ParseMediaType(t)
	}
	if len(w.Types) > 0 && !slices.Contains(w.Types, a.Type) {
		return nil, fmt.Errorf("the answer has the type %.80q, allowed %s", a.Type, strings.Join(w.Types, ", "))
	}
	var err error
	if a.Body, err = w.body(resp); err != nil {
		return nil, err
	}
	return a, nil
}

// maxAge reads Cache-Control and Age (RFC 9111 §5). Of several values of one directive the first counts.
func maxAge(h http.Header) time.Duration {
	age := time.Duration(-1)
	for directive := range strings.SplitSeq(strings.Join(h.Values("Cache-Control"), ","), ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(directive), "=")
		switch strings.ToLower(name) {
		case "no-store", "no-cache":
			return 0
		case "max-age":
			if n, ok := seconds(strings.Trim(value, `"`)); ok && age < 0 {
				age = n
			}
		}
	}
	if spent, ok := seconds(h.Get("Age")); ok && age > 0 {
		age = max(age-spent, 0)
	}
	return age
}

// seconds reads a count of seconds, and takes one that is too large for a year.
func seconds(s string) (time.Duration, bool) {
	n, err := strconv.ParseUint(s, 10, 64)
	if errors.Is(err, strconv.ErrRange) {
		n, err = 1<<62, nil
	}
	return time.Duration(min(n, 366*24*3600)) * time.Second, err == nil
}
