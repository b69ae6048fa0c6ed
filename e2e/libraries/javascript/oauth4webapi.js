// oauth4webapi: the protocol message by message, for what openid-client has no words for.

import * as jose from 'jose'
import * as oauth from 'oauth4webapi'
import { done, must, passed, visit } from './person.js'

const issuer = new URL(process.env.ISSUER)
const callback = 'http://127.0.0.1:3999/callback'
const http = { [oauth.allowInsecureRequests]: issuer.protocol === 'http:' }

const as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, http))
const keys = await oauth.generateKeyPair('PS256', { extractable: true })
const key = { key: keys.privateKey, kid: 'k' }

async function register(more) {
  const answer = await oauth.dynamicClientRegistrationRequest(as, {
    client_name: 'oauth4webapi',
    application_type: 'native',
    redirect_uris: [callback],
    token_endpoint_auth_method: 'private_key_jwt',
    jwks: { keys: [{ ...(await jose.exportJWK(keys.publicKey)), kid: 'k', use: 'sig', alg: 'PS256' }] },
    ...more,
  }, http)
  return oauth.processDynamicClientRegistrationResponse(answer)
}

const authentication = oauth.PrivateKeyJwt(key)
const client = await register({ grant_types: ['authorization_code', 'implicit'], response_types: ['code', 'code id_token'] })
must('it has a client_id', client.client_id)
passed('dynamic registration')

// authorize pushes a request and returns what came back with the person.
async function authorize(more) {
  const verifier = oauth.generateRandomCodeVerifier()
  const sent = { state: oauth.generateRandomState(), nonce: oauth.generateRandomNonce(), verifier }
  const answer = await oauth.pushedAuthorizationRequest(as, client, authentication, {
    client_id: client.client_id,
    redirect_uri: callback,
    response_type: 'code',
    scope: 'openid email',
    state: sent.state,
    nonce: sent.nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    ...more,
  }, http)
  const pushed = await oauth.processPushedAuthorizationResponse(as, client, answer)
  const url = new URL(as.authorization_endpoint)
  url.searchParams.set('client_id', client.client_id)
  url.searchParams.set('request_uri', pushed.request_uri)
  return { ...sent, came: await visit(url) }
}

async function redeem({ nonce, verifier }, parameters) {
  const answer = await oauth.authorizationCodeGrantRequest(as, client, authentication, parameters, callback, verifier, http)
  return oauth.processAuthorizationCodeResponse(as, client, answer, { expectedNonce: nonce, requireIdToken: true })
}

const sent = await authorize({})
const tokens = await redeem(sent, oauth.validateAuthResponse(as, client, sent.came, sent.state))
must('userinfo has the address', (await oauth.processUserInfoResponse(as, client, oauth.getValidatedIdTokenClaims(tokens).sub,
  await oauth.userInfoRequest(as, client, tokens.access_token, http))).email === 'ada@example.test')
passed('pushed request')

const answer = await oauth.introspectionRequest(as, client, authentication, tokens.access_token, { ...http, requestJwtResponse: true })
must('it is a JWT', answer.headers.get('content-type').startsWith('application/token-introspection+jwt'))
const facts = await oauth.processIntrospectionResponse(as, client, answer)
await oauth.validateApplicationLevelSignature(as, answer, http)
must('the token is active', facts.active)
passed('signed introspection')

const posted = await authorize({ response_type: 'code id_token', response_mode: 'form_post' })
const request = new Request(callback, {
  method: 'POST', body: posted.came.form, headers: { 'content-type': 'application/x-www-form-urlencoded' },
})
await redeem(posted, await oauth.validateCodeIdTokenResponse(as, client, request, posted.nonce, posted.state, undefined, http))
passed('form_post and hybrid')

const machine = await register({ grant_types: ['client_credentials'], response_types: [], redirect_uris: [], application_type: 'web' })
const granted = await oauth.processClientCredentialsResponse(as, machine, await oauth.clientCredentialsGrantRequest(as, machine, authentication, {}, http))
must('there is a token', granted.access_token)
passed('client credentials')

done()
