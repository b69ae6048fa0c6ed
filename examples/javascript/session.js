// Sessions in memory, by the value of a cookie.

import { randomUUID } from 'node:crypto'

// The name differs from that of other programs on localhost: browsers tell hosts apart, but not ports.
const cookieName = 'example-javascript'

const sessions = new Map()

function cookie(request) {
  const pairs = (request.headers.cookie ?? '').split(';').map((pair) => pair.trim().split('='))
  return pairs.find(([name]) => name === cookieName)?.[1]
}

// find returns the browser's session, or undefined.
export function find(request) {
  return sessions.get(cookie(request))
}

// start gives the browser a session under a new name, in place of the one it has.
export function start(request, response, session) {
  sessions.delete(cookie(request))
  const id = randomUUID()
  sessions.set(id, session)
  response.setHeader('Set-Cookie', `${cookieName}=${id}; Path=/; HttpOnly; SameSite=Lax`)
  return session
}

// leave ends the browser's session.
export function leave(request, response) {
  sessions.delete(cookie(request))
  response.setHeader('Set-Cookie', `${cookieName}=; Path=/; Max-Age=0`)
}
