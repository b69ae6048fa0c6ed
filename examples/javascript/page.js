// page is the one page of the example, for somebody or for nobody.
export function page(user) {
  return `<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>Example in JavaScript</title></head>
<body><main>
<h1>Example in JavaScript</h1>
${user ? present(user) : '<p><a id="login" href="/login">Sign in</a></p>'}
</main></body>
</html>
`
}

function present(user) {
  return `<p>Hello, ${escape(user.userinfo.name)}.</p>
<h2>What the ID token says</h2>
<pre id="claims">${json(user.claims)}</pre>
<h2>What the UserInfo endpoint says</h2>
<pre id="userinfo">${json(user.userinfo)}</pre>
<form id="refresh" method="post" action="/refresh"><button>Refresh the tokens</button></form>
<form id="logout" method="post" action="/logout"><button>Sign out here</button></form>`
}

const json = (value) => escape(JSON.stringify(value, null, 2))

const escape = (text) => String(text).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`)
