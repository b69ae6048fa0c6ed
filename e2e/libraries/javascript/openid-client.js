// openid-client: registers itself, and walks through what a relying party can ask of the provider.

import * as jose from 'jose'
import * as oidc from 'openid-client'
import { done, must, passed, visit } from './person.js'

const issuer = new URL(process.env.ISSUER)
const own = 'http://127.0.0.1:3999'
const callback = `${own}/callback`
const signedOut = `${own}/signed-out`
const execute = [oidc.enableNonRepudiationChecks]
if (issuer.protocol === 'http:') execute.push(oidc.allowInsecureRequests)

const signing = await jose.generateKeyPair('ES256', { extractable: true })
const decrypting = await jose.generateKeyPair('ECDH-ES+A128KW', { extractable: true })
const jwk = async (pair, members) => ({ ...(await jose.exportJWK(pair.publicKey)), ...members })
const jwks = {
  keys: [await jwk(signing, { kid: 'sign', use: 'sig', alg: 'ES256' }), await jwk(decrypting, { kid: 'decrypt', use: 'enc', alg: 'ECDH-ES+A128KW' })],
}
const privateKey = { key: signing.privateKey, kid: 'sign' }

const metadata = {
  client_name: 'openid-client',
  redirect_uris: [callback],
  post_logout_redirect_uris: [signedOut],
  application_type: 'native', // it waits on a loopback address
  grant_types: ['authorization_code', 'refresh_token', 'implicit'],
  response_types: ['code', 'code id_token', 'id_token'],
  token_endpoint_auth_method: 'private_key_jwt',
  jwks,
}

// register makes a client of its own for a flow that needs other metadata.
async function register(more, authentication = oidc.PrivateKeyJwt(privateKey)) {
  return oidc.dynamicClientRegistration(issuer, { ...metadata, ...more }, authentication, { execute })
}

// authorize sends the person to the provider by whatever way build knows, and redeems the code that they come back with.
async function authorize(config, build, more = {}) {
  const verifier = oidc.randomPKCECodeVerifier()
  const checks = { pkceCodeVerifier: verifier, expectedState: oidc.randomState(), expectedNonce: oidc.randomNonce() }
  const url = await build(config, {
    redirect_uri: callback,
    scope: 'openid profile email offline_access',
    prompt: 'consent',
    state: checks.expectedState,
    nonce: checks.expectedNonce,
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    ...more,
  })
  const tokens = await oidc.authorizationCodeGrant(config, await visit(url), checks)
  must('the ID token names a person', tokens.claims().sub.length > 0)
  return tokens
}

const plain = async (config, parameters) => oidc.buildAuthorizationUrl(config, parameters)
const pushed = (config, parameters) => oidc.buildAuthorizationUrlWithPAR(config, parameters)
const signed = (config, parameters) => oidc.buildAuthorizationUrlWithJAR(config, parameters, privateKey)
const signedAndPushed = async (config, parameters) =>
  oidc.buildAuthorizationUrlWithPAR(config, (await signed(config, parameters)).searchParams)

const config = await register({})
const { client_id: clientId, registration_client_uri: record, registration_access_token: token } = config.clientMetadata()
must('it has a client_id', clientId)
passed('dynamic registration')

let tokens = await authorize(config, plain)
passed('code with PKCE and private_key_jwt')

const sub = tokens.claims().sub
must('userinfo has the name', (await oidc.fetchUserInfo(config, tokens.access_token, sub)).name === 'Ada Lovelace')
passed('userinfo')

tokens = await oidc.refreshTokenGrant(config, tokens.refresh_token)
must('the refreshed ID token is of the same person', tokens.claims().sub === sub)
passed('refresh')

must('the token is active', (await oidc.tokenIntrospection(config, tokens.access_token)).active === true)
passed('introspection')

await oidc.tokenRevocation(config, tokens.access_token)
must('the revoked token is not', (await oidc.tokenIntrospection(config, tokens.access_token)).active === false)
passed('revocation')

await authorize(config, pushed)
passed('pushed request')

await authorize(config, signed)
passed('request object')

await authorize(config, signedAndPushed)
passed('pushed request object')

const jarm = await register({ authorization_signed_response_alg: 'ES256' })
oidc.useJwtResponseMode(jarm)
await authorize(jarm, plain)
passed('signed response')

const hybrid = await register({})
oidc.useCodeIdTokenResponseType(hybrid)
await authorize(hybrid, plain)
passed('hybrid flow')

const implicit = await register({})
oidc.useIdTokenResponseType(implicit)
const nonce = oidc.randomNonce()
const state = oidc.randomState()
const came = await visit(oidc.buildAuthorizationUrl(implicit, { redirect_uri: callback, scope: 'openid email', nonce, state }))
const claims = await oidc.implicitAuthentication(implicit, came, nonce, { expectedState: state })
must('the ID token has the address', claims.email === 'ada@example.test')
passed('implicit flow')

const symmetric = await register({ token_endpoint_auth_method: 'client_secret_jwt', jwks: undefined }, oidc.ClientSecretJwt())
await authorize(symmetric, plain)
passed('client_secret_jwt')

const encrypted = await register({
  id_token_encrypted_response_alg: 'ECDH-ES+A128KW',
  id_token_encrypted_response_enc: 'A128CBC-HS256',
  id_token_signed_response_alg: 'ES256',
})
oidc.enableDecryptingResponses(encrypted, ['A128CBC-HS256'], { key: decrypting.privateKey, kid: 'decrypt', alg: 'ECDH-ES+A128KW' })
await authorize(encrypted, plain)
passed('encrypted ID token')

const userinfo = await register({ userinfo_signed_response_alg: 'RS256' })
const own2 = await authorize(userinfo, plain)
must('userinfo is signed', (await oidc.fetchUserInfo(userinfo, own2.access_token, own2.claims().sub)).name === 'Ada Lovelace')
passed('signed userinfo')

const device = await register({ grant_types: ['urn:ietf:params:oauth:grant-type:device_code', 'refresh_token'], response_types: [], redirect_uris: [] })
const started = await oidc.initiateDeviceAuthorization(device, { scope: 'openid' })
await visit(started.verification_uri_complete)
must('the device is signed in', (await oidc.pollDeviceAuthorizationGrant(device, started)).claims().sub)
passed('device flow')

const last = await authorize(config, plain)
const left = await visit(oidc.buildEndSessionUrl(config, { id_token_hint: last.id_token, post_logout_redirect_uri: signedOut, state: 'bye' }))
must('the person came back', left.href === `${signedOut}?state=bye`)
passed('logout')

const removed = await fetch(record, { method: 'DELETE', headers: { authorization: `Bearer ${token}` } })
must('the record is gone', removed.status === 204)
passed('registration removed')

done()
