// A relying party in JavaScript: openid-client on plain node:http.
//
// It knows an issuer, a client and its own port, and asks the issuer for the rest. Sessions live in memory.

import { createServer } from 'node:http'
import * as oidc from 'openid-client'
import { page } from './page.js'
import { find, leave, start } from './session.js'

const {
  ISSUER = 'http://localhost:8080',
  CLIENT_ID = 'example-javascript',
  CLIENT_SECRET = 'any secret does in development',
  PORT = '3002',
} = process.env

const own = `http://localhost:${PORT}`
const issuer = new URL(ISSUER)

const execute = [oidc.enableNonRepudiationChecks] // check signatures of ID tokens that come over TLS, too
if (issuer.protocol === 'http:') execute.push(oidc.allowInsecureRequests) // in development
const config = await oidc.discovery(issuer, CLIENT_ID, undefined, oidc.ClientSecretBasic(CLIENT_SECRET), { execute })

// login sends the browser to the provider. What must come back, or must not leave, is kept in the session.
async function login(request, response) {
  const state = oidc.randomState()
  const nonce = oidc.randomNonce()
  const verifier = oidc.randomPKCECodeVerifier()
  const session = find(request) ?? start(request, response, { attempts: new Map() })
  session.attempts.set(state, { nonce, verifier })
  return oidc.buildAuthorizationUrl(config, {
    redirect_uri: `${own}/callback`,
    scope: 'openid profile email offline_access',
    state,
    nonce,
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  }).href
}

// callback is where the provider sends the browser back to, with a code or an error.
async function callback(request, response) {
  const url = new URL(request.url, own)
  const state = url.searchParams.get('state')
  const session = find(request)
  const attempt = session?.attempts.get(state)
  if (!attempt) throw new Error('this browser did not begin this sign-in')
  session.attempts.delete(state)
  const tokens = await oidc.authorizationCodeGrant(config, url, {
    expectedState: state,
    expectedNonce: attempt.nonce,
    pkceCodeVerifier: attempt.verifier,
  })
  session.user = await learn(tokens)
  start(request, response, session) // under another name, which nobody else can know
  return '/'
}

// refresh asks for new tokens by the refresh token.
async function refresh(request) {
  const user = find(request)?.user
  if (!user) return '/'
  const tokens = await oidc.refreshTokenGrant(config, user.refreshToken)
  const next = await learn(tokens)
  if (next.claims.sub !== user.claims.sub) throw new Error("the new tokens are somebody else's")
  Object.assign(user, next)
  return '/'
}

// logout forgets the person here. At the provider they stay signed in.
async function logout(request, response) {
  leave(request, response)
  return '/'
}

// learn asks the UserInfo endpoint, which must speak of the same person as the ID token. The provider need not give
// another refresh token: then the old one stays.
async function learn(tokens) {
  const claims = tokens.claims()
  const userinfo = await oidc.fetchUserInfo(config, tokens.access_token, claims.sub)
  return { claims, userinfo, ...(tokens.refresh_token && { refreshToken: tokens.refresh_token }) }
}

// What the routes below return is where the browser goes next.
const routes = {
  'GET /login': login,
  'GET /callback': callback,
  'POST /refresh': refresh,
  'POST /logout': logout,
}

const server = createServer(async (request, response) => {
  const { pathname } = new URL(request.url, own)
  try {
    if (pathname === '/') {
      response.setHeader('Content-Type', 'text/html; charset=utf-8').end(page(find(request)?.user))
      return
    }
    const route = routes[`${request.method} ${pathname}`]
    if (!route) {
      response.writeHead(404).end('not found\n')
      return
    }
    const location = await route(request, response)
    response.writeHead(303, { Location: location }).end()
  } catch (error) {
    console.error(error)
    const words = [error.message, error.error, error.error_description].filter(Boolean).join(': ')
    response.writeHead(400, { 'Content-Type': 'text/plain; charset=utf-8' }).end(`${words}\n`)
  }
})

server.listen(Number(PORT), 'localhost', () => console.log(`listening on ${own}`))
