"""Authlib: registers clients that prove who they are with a key and with a secret, and signs a person in with each."""

import os
import sys

import requests
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import ClientSecretJWT, PrivateKeyJWT
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

ISSUER = os.environ["ISSUER"]
CALLBACK = "http://127.0.0.1:3999/callback"
metadata = requests.get(ISSUER + "/.well-known/openid-configuration", timeout=10).json()


def visit(url):
    """A person opens an address; the one at which they came back is returned."""
    print("visit", url, flush=True)
    return sys.stdin.readline().strip()


def passed(flow):
    print("passed", flow, flush=True)


def register(**more):
    answer = requests.post(
        metadata["registration_endpoint"],
        json={"client_name": "Authlib", "application_type": "native", "redirect_uris": [CALLBACK], **more},
        timeout=10,
    )
    assert answer.status_code == 201, answer.text
    return answer.json()


def sign_in(client, secret, method):
    session = OAuth2Session(
        client["client_id"],
        secret,
        scope="openid profile",
        redirect_uri=CALLBACK,
        token_endpoint_auth_method=method,
        code_challenge_method="S256",
    )
    verifier = "a-verifier-that-is-long-enough-for-rfc-7636-" + os.urandom(8).hex()
    url, state = session.create_authorization_url(metadata["authorization_endpoint"], code_verifier=verifier, nonce=verifier[-8:])
    token = session.fetch_token(
        metadata["token_endpoint"], authorization_response=visit(url), state=state, code_verifier=verifier
    )
    keys = KeySet.import_key_set(requests.get(metadata["jwks_uri"], timeout=10).json())
    claims = CodeIDToken(
        jwt.decode(token["id_token"], keys, algorithms=["RS256"]).claims,
        {"alg": "RS256"},
        {"iss": {"value": ISSUER}, "aud": {"value": client["client_id"]}},
        {"nonce": verifier[-8:], "access_token": token["access_token"], "client_id": client["client_id"]},
    )
    claims.validate()
    assert session.get(metadata["userinfo_endpoint"]).json()["name"] == "Ada Lovelace"


key = RSAKey.generate_key(2048, {"kid": "k", "use": "sig"})  # Authlib signs its proofs with RSA keys alone
client = register(token_endpoint_auth_method="private_key_jwt", jwks={"keys": [key.as_dict(private=False)]})
passed("dynamic registration")
sign_in(client, key.as_pem(private=True).decode(), PrivateKeyJWT(metadata["token_endpoint"], alg="RS256", headers={"kid": "k"}))
passed("code with private_key_jwt")

client = register(token_endpoint_auth_method="client_secret_jwt")
sign_in(client, client["client_secret"], ClientSecretJWT(metadata["token_endpoint"], alg="HS256"))
passed("client_secret_jwt")

record = requests.get(
    client["registration_client_uri"], headers={"Authorization": "Bearer " + client["registration_access_token"]}, timeout=10
).json()
assert record["redirect_uris"] == [CALLBACK], record
passed("registration read")
