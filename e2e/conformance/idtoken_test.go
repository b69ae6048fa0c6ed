package conformance

import (
	"encoding/json"
	"time"
)

// checkIDToken verifies an ID token as OpenID Connect Core §3.1.3.7 has it. Where no nonce was sent none may be in it.
func (m *run) checkIDToken(text, nonce string) *verified {
	token := m.verify("ID token", text)
	claims := token.claims
	m.want(claims["iss"] == m.metadata.text("issuer"), "ID token: iss %v, want %s", claims["iss"], m.metadata.text("issuer"))
	m.want(isFor(claims["aud"], m.client.id), "ID token: aud %v, want %s", claims["aud"], m.client.id)
	if azp, there := claims["azp"]; there {
		m.want(azp == m.client.id, "ID token: azp %v, want %s", azp, m.client.id)
	}
	sub, _ := claims["sub"].(string)
	m.want(sub != "" && len(sub) <= 255, "ID token: sub %v", claims["sub"])
	if nonce == "" {
		m.want(claims["nonce"] == nil, "ID token: nonce %v, and none was sent", claims["nonce"])
	} else {
		m.want(claims["nonce"] == nonce, "ID token: nonce %v, want %s", claims["nonce"], nonce)
	}
	m.checkTimes(claims)
	if acr, there := claims["acr"]; there {
		text, _ := acr.(string)
		m.want(text != "", "ID token: acr %v", acr)
	}
	m.checkClaimTypes("ID token", claims)
	return token
}

// verify verifies a signature of the provider's.
func (m *run) verify(what, text string) *verified {
	token, err := m.keys.verify(text)
	if err != nil {
		m.fail("%s: %v", what, err)
	}
	return token
}

// isFor tells whether an aud is or holds a client.
func isFor(aud any, client string) bool {
	if list, ok := aud.([]any); ok {
		for _, one := range list {
			if one == client {
				return true
			}
		}
	}
	return aud == client
}

// checkTimes looks at exp, iat and auth_time.
func (m *run) checkTimes(claims map[string]any) {
	now := seconds(m.now())
	exp, ok := number(claims["exp"])
	m.want(ok && exp > now && exp < now+50*year, "ID token: exp %v, and it is %.0f", claims["exp"], now)
	iat, ok := number(claims["iat"])
	const skew = 5 * 60
	m.want(ok && iat > now-skew && iat < now+skew, "ID token: iat %v, and it is %.0f", claims["iat"], now)
	if raw, there := claims["auth_time"]; there {
		at, ok := number(raw)
		m.want(ok && at > now-year && at < now+skew, "ID token: auth_time %v, and it is %.0f", raw, now)
	}
}

// number is the value of a JSON number.
func number(v any) (float64, bool) {
	n, ok := v.(json.Number)
	if !ok {
		return 0, false
	}
	f, err := n.Float64()
	return f, err == nil
}

// checkHash compares a hash of a value with the value. Whatever is there must be right; demanded hashes must be there
// (OIDC Core §3.2.2.9, §3.3.2.11).
func (m *run) checkHash(token *verified, name, value string, demanded bool) {
	claim, there := token.claims[name]
	m.want(there || !demanded, "ID token: no %s", name)
	if there {
		m.want(value != "" && claim == halfHash(token.alg, value), "ID token: %s %v is not that of %q", name, claim, value)
	}
}

// authTime is that of an ID token, ok unless it has none.
func (m *run) authTime(token *verified) (time.Time, bool) {
	at, ok := number(token.claims["auth_time"])
	return time.Unix(int64(at), 0), ok
}
