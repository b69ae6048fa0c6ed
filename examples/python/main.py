"""A relying party in Python: Authlib with Flask.

It knows an issuer, a client and its own port, and asks the issuer for the rest. Tokens live in memory; the cookie that
Flask signs holds no more than a name for them.
"""

import os
import secrets

from authlib.integrations.flask_client import OAuth, OAuthError
from flask import Flask, redirect, render_template, session

ISSUER = os.environ.get("ISSUER", "http://localhost:8080")
PORT = int(os.environ.get("PORT", "3003"))

app = Flask(__name__, template_folder=".")
app.secret_key = secrets.token_bytes()
app.config.update(
    SESSION_COOKIE_NAME="example-python",  # browsers tell hosts apart, but not ports
    SESSION_COOKIE_SAMESITE="Lax",
)

provider = OAuth(app).register(
    "provider",
    client_id=os.environ.get("CLIENT_ID", "example-python"),
    client_secret=os.environ.get("CLIENT_SECRET", "any secret does in development"),
    server_metadata_url=ISSUER + "/.well-known/openid-configuration",
    client_kwargs={
        "scope": "openid profile email offline_access",
        "code_challenge_method": "S256",
        "timeout": 10,
    },
)

people = {}  # by the name in the cookie


@app.get("/")
def home():
    return render_template("page.html", user=people.get(session.get("user")))


@app.get("/login")
def login():
    # Authlib makes state, nonce and code verifier, and keeps them in the session.
    return provider.authorize_redirect(f"http://localhost:{PORT}/callback")


@app.get("/callback")
def callback():
    # Authlib compares the state, redeems the code and checks the ID token, the nonce in it too.
    token = provider.authorize_access_token()
    people.pop(session.get("user"), None)
    session["user"] = secrets.token_urlsafe()
    people[session["user"]] = learn(token, token["userinfo"])
    return redirect("/")


@app.post("/refresh")
def refresh():
    user = people.get(session.get("user"))
    if user is None:
        return redirect("/")
    old = user["token"]["refresh_token"]
    token = provider.fetch_access_token(grant_type="refresh_token", refresh_token=old)
    token.setdefault("refresh_token", old)  # the provider need not give another one
    claims = provider.parse_id_token(token, nonce=None)
    if claims["sub"] != user["claims"]["sub"]:
        raise OAuthError(description="the new tokens are somebody else's")
    people[session["user"]] = learn(token, claims)
    return redirect("/")


@app.post("/logout")
def logout():
    """Forgets the person here. At the provider they stay signed in."""
    people.pop(session.pop("user", None), None)
    return redirect("/")


@app.errorhandler(OAuthError)
def refused(error):
    return f"{error}\n", 400, {"Content-Type": "text/plain; charset=utf-8"}


def learn(token, claims):
    """Asks the UserInfo endpoint, which must speak of the same person as the ID token."""
    userinfo = provider.userinfo(token=token)
    if userinfo["sub"] != claims["sub"]:
        raise OAuthError(description="ID token and UserInfo speak of different people")
    return {"token": token, "claims": claims, "userinfo": userinfo}


if __name__ == "__main__":
    app.run(host="localhost", port=PORT)
