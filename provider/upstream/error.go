package upstream

import (
	"errors"
	"net/http"

	"golang.org/x/oauth2"

	"signet/provider/outbound"
)

// What can go wrong. Every error of this package is an *Error of one of these kinds, or one of the storage.
var (
	// ErrSource says that there is no such source, or that it is disabled.
	ErrSource = errors.New("no such source")
	// ErrTrip says that what the browser brought belongs to no trip that may end here: unknown, over, ended before, begun in another
	// browser or with another source. Nobody is told which.
	ErrTrip = errors.New("no such trip")
	// ErrDenied says that the person or the provider said no; Error.Code is the provider's word for it.
	ErrDenied = errors.New("denied there")
	// ErrDown says that the provider could not be reached, was too slow or failed.
	ErrDown = errors.New("the provider does not answer")
	// ErrAnswer says that the provider answered, and that the answer cannot be believed or understood.
	ErrAnswer = errors.New("the provider's answer is not right")
	// ErrDomain says that the person's address is in no domain that may come, or is not verified.
	ErrDomain = errors.New("the address is in no allowed domain")
	// ErrPosted says that a token that was brought is not one for us.
	ErrPosted = errors.New("the token is not for us")
	// ErrNoRule says that the source has no way to find out for whom such a token was issued.
	ErrNoRule = errors.New("the source does not say for whom its tokens are")
	// ErrLogin says that name and password are not right.
	ErrLogin = errors.New("name or password is not right")
)

// Error is what went wrong with a source. Its text is for the operator; a stranger is told the kind and no more.
type Error struct {
	// Source is the source's id.
	Source string
	// Kind is one of the errors above.
	Kind error
	// Code is the error code of the provider, or empty: letters, digits and '_', at most 64.
	Code string
	// Cause is why; it may be nil.
	Cause error
}

// Error implements error.
func (e *Error) Error() string {
	text := "upstream: " + e.Source + ": " + e.Kind.Error()
	if e.Code != "" {
		text += ": " + e.Code
	}
	if e.Cause != nil {
		text += ": " + e.Cause.Error()
	}
	return text
}

// Unwrap returns kind and cause.
func (e *Error) Unwrap() []error {
	if e.Cause == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.Cause}
}

// wrong makes an *Error.
func (s *Source) wrong(kind error, cause error) error {
	return &Error{Source: s.ID, Kind: kind, Cause: cause}
}

// fetched makes an *Error of what a request came to: the host is down, or it refused.
func (s *Source) fetched(err error) error {
	var known *Error
	if errors.As(err, &known) {
		return err
	}
	var out *outbound.Error
	if errors.As(err, &out) {
		return s.wrong(ErrDown, out)
	}
	var refused *oauth2.RetrieveError
	if errors.As(err, &refused) {
		return s.status(refused.Response.StatusCode, refused.ErrorCode)
	}
	return s.wrong(ErrAnswer, err)
}

// status makes an *Error of an HTTP status that is not good, with the code that the answer names.
func (s *Source) status(status int, code string) error {
	kind := ErrAnswer
	if status >= http.StatusInternalServerError || status == http.StatusTooManyRequests {
		kind = ErrDown
	}
	return &Error{Source: s.ID, Kind: kind, Code: plainCode(code), Cause: errors.New("status " + http.StatusText(status))}
}

// plainCode keeps what may be shown of an error code.
func plainCode(code string) string {
	var kept []byte
	for i := 0; i < len(code) && len(kept) < 64; i++ {
		if c := code[i]; c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' {
			kept = append(kept, c)
		}
	}
	return string(kept)
}
