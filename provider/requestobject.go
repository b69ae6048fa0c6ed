package provider

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"signet/keys"
)

const (
	// maxObject is the longest request object in bytes, however it came.
	maxObject = 64 << 10
	// maxObjectLife is how far apart nbf and exp may be, and how long ago nbf may be, in seconds (FAPI 2.0 Message Signing §5.3.1).
	maxObjectLife = 60 * 60
)

// objectAlgs are the algorithms of request objects, announced in discovery; those that take the client's secret are for
// clients whose record names one. An unsigned object would say no more than the address that it stands in.
var objectAlgs = slices.Concat(keys.Algorithms(), keys.SecretAlgorithms())

// objectTypes are what a request object may say that it is (RFC 9101 §10.8). Many libraries say nothing.
var objectTypes = []string{"oauth-authz-req+jwt", "JWT", ""}

// objectClaims are the claims of a request object that are no parameters (RFC 9101 §4).
type objectClaims struct {
	Iss      string            `json:"iss"`
	Aud      json.RawMessage   `json:"aud"`
	JTI      *string           `json:"jti"`
	Exp      *keys.NumericDate `json:"exp"`
	Iat      *keys.NumericDate `json:"iat"`
	Nbf      *keys.NumericDate `json:"nbf"`
	ClientID string            `json:"client_id"`
}

// notParams are claims that describe the object. sub has no place in one: with the client_id as its sub, it could serve as a
// client assertion (RFC 9101 §10.8).
var notParams = []string{"iss", "aud", "jti", "exp", "iat", "nbf"}

// notInside may not be said by a request object (RFC 9101 §4 and §10.8).
var notInside = []string{"request", "request_uri", "sub", "client_secret", "client_assertion", "client_assertion_type"}

// openObject verifies a request object of a client (RFC 9101 §6) and returns the parameters in it, and the marker that makes
// it good for one answer: none if it has no jti or no end.
func (p *Provider) openObject(ctx context.Context, client *cachedClient, text string) (url.Values, Origin, error) {
	payload, err := p.verifyObject(ctx, client, text)
	if errors.Is(err, keys.ErrToken) {
		return nil, Origin{}, badObject("%s", err).because(err)
	}
	if err != nil {
		return nil, Origin{}, badObject("no keys of the client to verify it with").because(err)
	}
	var claims objectClaims
	var members map[string]json.RawMessage
	if err := keys.DecodeJSON(payload, &claims); err != nil {
		return nil, Origin{}, badObject("claims that are malformed").because(err)
	}
	if err := keys.DecodeJSON(payload, &members); err != nil {
		return nil, Origin{}, badObject("claims that are no object").because(err)
	}
	if why := p.objectFault(client.client, &claims); why != "" {
		return nil, Origin{}, badObject("%s", why)
	}
	params, err := objectParams(members)
	return params, p.objectOrigin(client.client, &claims), err
}

func badObject(format string, args ...any) *Error { return refuse("E-REQ-10").got(format, args...) }

// verifyObject returns the payload of a request object that the client has signed, and perhaps encrypted for us around that.
func (p *Provider) verifyObject(ctx context.Context, client *cachedClient, text string) ([]byte, error) {
	if len(text) <= maxObject && strings.Count(text, ".") == 4 {
		inner, _, err := p.ring.Decrypt(ctx, text, decryptOptions(client.client))
		if err != nil {
			return nil, err
		}
		text = string(inner)
	}
	algs := keys.Algorithms()
	if alg := client.client.RequestObjectAlg; alg != "" {
		algs = []string{alg}
	}
	_, payload, err := p.verifyByClient(ctx, client, text, keys.VerifyOptions{Algorithms: algs, Types: objectTypes, MaxBytes: maxObject})
	return payload, err
}

// decryptOptions take what the client's record names, or else everything.
func decryptOptions(c *Client) keys.DecryptOptions {
	o := keys.DecryptOptions{Algorithms: keys.EncryptionAlgorithms(), Encryptions: keys.ContentEncryptions(), MaxBytes: maxObject}
	if c.RequestObjectEncryptionAlg != "" {
		o.Algorithms = []string{c.RequestObjectEncryptionAlg}
	}
	if c.RequestObjectEncryptionEnc != "" {
		o.Encryptions = []string{c.RequestObjectEncryptionEnc}
	}
	return o
}

// objectFault judges the claims. A client that must sign its requests must also say from when and until when they are good
// (FAPI 2.0 Message Signing §5.3.1); of others OpenID Connect demands no times.
func (p *Provider) objectFault(client *Client, c *objectClaims) string {
	now := keys.NumericDate(p.db.Now().Unix())
	begin := now
	if c.Nbf != nil {
		begin = *c.Nbf
	}
	strict := client.RequireSignedRequestObject
	switch {
	case c.Iss != client.ID || c.ClientID != client.ID:
		return "iss and client_id must both be the client_id"
	case !p.isAddressee(c.Aud):
		return "aud must be the issuer, or a list with it"
	case c.JTI != nil && (*c.JTI == "" || len(*c.JTI) > 128):
		return "jti must have 1 to 128 bytes"
	case strict && (c.Exp == nil || c.Nbf == nil):
		return "exp and nbf are demanded by require_signed_request_object"
	case c.Exp != nil && *c.Exp <= now:
		return "exp is past"
	case c.Exp != nil && *c.Exp > begin+maxObjectLife+clockLeeway:
		return "exp must be at most 60 minutes after nbf"
	case begin > now+clockLeeway, c.Iat != nil && *c.Iat > now+clockLeeway:
		return "nbf or iat lies in the future"
	case begin < now-maxObjectLife-clockLeeway:
		return "nbf must be at most 60 minutes ago"
	}
	return ""
}

// isAddressee tells whether an aud is the issuer's name, or a list of names with it.
func (p *Provider) isAddressee(aud json.RawMessage) bool {
	var one *string
	if json.Unmarshal(aud, &one) == nil {
		return one != nil && *one == p.issuer
	}
	var list []*string
	if json.Unmarshal(aud, &list) != nil || slices.Contains(list, nil) {
		return false
	}
	return slices.ContainsFunc(list, func(name *string) bool { return *name == p.issuer })
}

// objectOrigin names the marker of an object with a jti. It stays until a sign-in is over that began when the object ended.
func (p *Provider) objectOrigin(client *Client, c *objectClaims) Origin {
	if c.JTI == nil || c.Exp == nil {
		return Origin{Signed: true}
	}
	id := p.sealer.Hash("request.object", []byte(client.ID+"\x00"+*c.JTI))
	return Origin{Signed: true, ID: string(id), Expires: int64(*c.Exp) + int64(p.lifetimes.Request.Seconds())}
}

// objectParams makes parameters of the members of a request object: texts as they are, everything else as compact JSON
// (RFC 9101 §4).
func objectParams(members map[string]json.RawMessage) (url.Values, error) {
	params := url.Values{}
	for name, raw := range members {
		if slices.Contains(notInside, name) {
			return nil, badObject("%.40s in a request object", name)
		}
		values, err := paramValues(name, raw)
		if err != nil {
			return nil, badObject("%.40s: %s", name, err)
		}
		if !slices.Contains(notParams, name) {
			params[name] = values
		}
	}
	return params, nil
}

func paramValues(name string, raw json.RawMessage) ([]string, error) {
	var text string
	var list []string
	switch {
	case string(raw) == "null":
		return nil, fmt.Errorf("null")
	case raw[0] == '"':
		err := json.Unmarshal(raw, &text)
		return []string{text}, err
	case raw[0] == '[' && slices.Contains(repeatable, name):
		err := json.Unmarshal(raw, &list)
		return list, err
	}
	var compact bytes.Buffer
	err := json.Compact(&compact, raw)
	return []string{compact.String()}, err
}
