// A relying party without a server: one page, the code flow with PKCE, and what browsers bring along.
//
// It knows an issuer and a client (config.json), and asks the issuer for the rest. Tokens live in memory and are gone with the page;
// what a sign-in must find again when it comes back is kept by the browser for this tab.

const config = await (await fetch('config.json')).json()
const own = location.origin + location.pathname

let tokens

async function discover() {
  const provider = await json(config.issuer + '/.well-known/openid-configuration')
  if (provider.issuer !== config.issuer) throw new Error('the document is of another issuer')
  return provider
}

// begin sends the browser to the provider. What must come back, or must not leave, stays in the tab.
async function begin(provider) {
  const attempt = { state: random(), nonce: random(), verifier: random() }
  sessionStorage.setItem('attempt', JSON.stringify(attempt))
  location.assign(provider.authorization_endpoint + '?' + new URLSearchParams({
    client_id: config.client_id,
    redirect_uri: own,
    response_type: 'code',
    scope: 'openid profile email',
    state: attempt.state,
    nonce: attempt.nonce,
    code_challenge: await challenge(attempt.verifier),
    code_challenge_method: 'S256',
  }))
}

// finish redeems the code and asks who it is.
async function finish(provider, answer) {
  const attempt = JSON.parse(sessionStorage.getItem('attempt') ?? '{}')
  sessionStorage.removeItem('attempt')
  if (answer.get('state') !== attempt.state) throw new Error('this tab did not begin this sign-in')
  if (answer.get('iss') !== config.issuer) throw new Error('another provider answers')
  if (answer.has('error')) throw new Error('the provider says ' + answer.get('error'))
  tokens = await json(provider.token_endpoint, form({
    grant_type: 'authorization_code',
    client_id: config.client_id,
    code: answer.get('code'),
    redirect_uri: own,
    code_verifier: attempt.verifier,
  }))
  const claims = read(tokens.id_token, attempt.nonce)
  const info = await json(provider.userinfo_endpoint, { headers: { Authorization: 'Bearer ' + tokens.access_token } })
  if (info.sub !== claims.sub) throw new Error('UserInfo is about somebody else')
  document.querySelector('#claims').textContent = JSON.stringify(claims, null, 2)
  document.querySelector('#userinfo').textContent = JSON.stringify(info, null, 2)
  show('somebody')
}

// read takes the claims out of an ID token. It came from the issuer itself, so who signed it is known (OpenID Connect Core §3.1.3.7).
function read(token, nonce) {
  const [, payload] = token.split('.')
  const bytes = Uint8Array.from(atob(payload.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0))
  const claims = JSON.parse(new TextDecoder().decode(bytes))
  const mine = [claims.aud].flat().includes(config.client_id)
  if (claims.iss !== config.issuer || !mine || claims.nonce !== nonce || claims.exp * 1000 < Date.now()) throw new Error('the ID token is not for this sign-in')
  return claims
}

// leave gives the tokens back.
async function leave(provider) {
  await fetch(provider.revocation_endpoint, form({ client_id: config.client_id, token: tokens.access_token }))
  tokens = undefined
  show('nobody')
}

const form = (members) => ({ method: 'POST', body: new URLSearchParams(members) })

async function json(address, request) {
  const response = await fetch(address, request)
  const body = await response.json()
  if (!response.ok) throw new Error('the provider says ' + body.error + ': ' + body.error_description)
  return body
}

const base64url = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')

const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)))

const challenge = async (verifier) => base64url(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier)))

function show(id) {
  for (const part of document.querySelectorAll('main > [id]')) part.hidden = part.id !== id
}

try {
  const provider = await discover()
  const answer = new URLSearchParams(location.search)
  document.querySelector('#login').onclick = () => begin(provider)
  document.querySelector('#logout').onclick = () => leave(provider)
  if (answer.has('state')) {
    history.replaceState(null, '', own) // a code is for one use: reloading must not try it again
    await finish(provider, answer)
  } else {
    show('nobody')
  }
} catch (problem) {
  document.querySelector('#problem').textContent = problem.message
  show('problem')
}
