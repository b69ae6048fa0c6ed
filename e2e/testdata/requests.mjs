// Signs one person in by openid-client, whose request takes the way that WAY names. It prints where the browser has to go,
// reads where the browser came back to, and prints the claims of the ID token.

import { createInterface } from 'node:readline/promises'
import { pathToFileURL } from 'node:url'

const { ISSUER, CLIENT_ID, CLIENT_SECRET, REDIRECT, KEY, MODULES, WAY } = process.env
const library = (path) => import(pathToFileURL(`${MODULES}/${path}`))
const oidc = await library('openid-client/build/index.js')
const jose = await library('jose/dist/webapi/index.js')

const config = await oidc.discovery(new URL(ISSUER), CLIENT_ID, undefined, oidc.ClientSecretBasic(CLIENT_SECRET), {
  execute: [oidc.enableNonRepudiationChecks, oidc.allowInsecureRequests],
})
const server = config.serverMetadata()
const jwk = JSON.parse(KEY)
const key = { key: await crypto.subtle.importKey('jwk', jwk, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign']), kid: jwk.kid }

const verifier = oidc.randomPKCECodeVerifier()
const state = oidc.randomState()
const nonce = oidc.randomNonce()
const parameters = {
  redirect_uri: REDIRECT,
  scope: 'openid email',
  state,
  nonce,
  max_age: '3600',
  code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
  code_challenge_method: 'S256',
}

// encrypted wraps a signed request object for the provider's own key.
async function encrypted(url) {
  const { keys } = await (await fetch(server.jwks_uri)).json()
  const to = keys.find((k) => k.use === 'enc' && k.kty === 'EC')
  const text = new TextEncoder().encode(url.searchParams.get('request'))
  const header = { alg: 'ECDH-ES+A256KW', enc: 'A256GCM', cty: 'oauth-authz-req+jwt', kid: to.kid }
  url.searchParams.set('request', await new jose.CompactEncrypt(text).setProtectedHeader(header).encrypt(await jose.importJWK(to, header.alg)))
  return url
}

const signed = () => oidc.buildAuthorizationUrlWithJAR(config, parameters, key)
const ways = {
  pushed: () => oidc.buildAuthorizationUrlWithPAR(config, parameters),
  signed,
  'signed and encrypted': async () => encrypted(await signed()),
  'signed and pushed': async () => oidc.buildAuthorizationUrlWithPAR(config, (await signed()).searchParams),
  'signed, encrypted and pushed': async () => oidc.buildAuthorizationUrlWithPAR(config, (await encrypted(await signed())).searchParams),
}

console.log((await ways[WAY]()).href)
const back = await createInterface({ input: process.stdin }).question('')
const checks = { expectedState: state, expectedNonce: nonce, pkceCodeVerifier: verifier, maxAge: 3600 }
const tokens = await oidc.authorizationCodeGrant(config, new URL(back), checks)
console.log(JSON.stringify(tokens.claims()))
process.exit(0)
