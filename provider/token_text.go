package provider

import (
	"context"
	"strings"
)

// Prefixes let a reader and a leak scanner see what a token is. Each goes with a purpose of the seal, so that a value of one
// kind never opens as another.
const (
	prefixCode    = "sac_"
	prefixAccess  = "sat_"
	prefixRefresh = "srt_"
	prefixPushed  = "spr_"
	prefixDevice  = "sdc_"
)

// maxToken bounds what is looked at as a token, before anything is parsed.
const maxToken = 8 << 10

var sealPurposes = map[string]string{
	prefixCode:    "token.code",
	prefixAccess:  "token.access",
	prefixRefresh: "token.refresh",
	prefixPushed:  "token.pushed",
	prefixDevice:  "token.device",
}

// sealText seals a value into the text of a token with this prefix. It is bound to the issuer.
func (p *Provider) sealText(prefix string, plain []byte) string {
	return prefix + p.sealer.SealString(sealPurposes[prefix], plain, p.binding)
}

// openText opens a token of this prefix; any other spelling than the one that was sealed is refused.
func (p *Provider) openText(prefix, text string) ([]byte, bool) {
	rest, ok := strings.CutPrefix(text, prefix)
	if !ok || len(text) > maxToken {
		return nil, false
	}
	plain, err := p.sealer.OpenString(sealPurposes[prefix], rest, p.binding)
	return plain, err == nil
}

func (p *Provider) openRefresh(text string) (*RefreshToken, bool) {
	plain, ok := p.openText(prefixRefresh, text)
	t := &RefreshToken{}
	return t, ok && t.unmarshal(plain) == nil
}

// openAccess opens an access token of either format.
func (p *Provider) openAccess(ctx context.Context, text string) (*AccessToken, bool) {
	if !strings.HasPrefix(text, prefixAccess) {
		return p.openAccessJWT(ctx, text)
	}
	plain, ok := p.openText(prefixAccess, text)
	t := &AccessToken{}
	return t, ok && t.unmarshal(plain) == nil
}
