"""Answer a registry's challenge: Basic, or a Bearer token fetched from the realm it names.

Source: distribution's "Token Authentication Specification" and its OAuth2 variant (identity tokens).
"""

from http import HTTPStatus
from urllib.parse import urlencode

from hull.errors import RegistryError
from hull.images import challenge, refusals
from hull.images.credentials import Credentials
from hull.images.http import Http
from hull.images.urls import origin

BODY_MOST = 1 << 20


def authorization(
    http: Http, headers: list[str], credentials: Credentials, registry: str, scopes: tuple[str, ...] = ()
) -> str:
    """Return the Authorization header that the challenges ask for; what cannot be answered is an error.

    `scopes` are asked beside the challenge's own, so that one token serves a whole push; without any scope at all the
    token is good for nothing but to show who asks.
    """
    challenges = [found for header in headers for found in challenge.parse(header)]
    for found in challenges:
        if found.scheme == "bearer" and found.parameters.get("realm"):
            return "Bearer " + _token(http, found.parameters, credentials, registry, scopes)
    for found in challenges:
        if found.scheme == "basic" and credentials.user:
            return credentials.basic
    schemes = ", ".join(found.scheme for found in challenges) or "nothing it names"
    raise refusals.DeniedError(
        f"cannot authenticate at {registry}: the registry asks for {schemes}", f"log in: hull login {registry}"
    )


def _token(http: Http, asked: dict[str, str], credentials: Credentials, registry: str, wanted: tuple[str, ...]) -> str:
    import json

    realm = asked["realm"]
    scopes = list(dict.fromkeys([*wanted, *asked.get("scope", "").split()]))
    if credentials.fetch is not None and (token := credentials.fetch(realm, asked.get("service", ""), scopes)):
        return _sound(token, realm)
    query = {"service": asked["service"]} if asked.get("service") else {}
    headers, body = {}, None
    if credentials.token:
        form = {
            "grant_type": "refresh_token",
            "refresh_token": credentials.token,
            "client_id": "hull",
            "scope": " ".join(scopes),
        }
        body, url = urlencode({**form, **query}).encode(), realm
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    else:
        words = [*query.items(), *(("scope", one) for one in scopes)]
        url = f"{realm}{'&' if '?' in realm else '?'}{urlencode(words)}"
        if credentials.user:
            headers["Authorization"] = credentials.basic
    with http.get(url, headers, body) as answer:
        if answer.response.status != HTTPStatus.OK:
            raise refusals.of(f"log in at {origin(realm).host}", registry, answer, image=False)
        data = answer.read(BODY_MOST)
    try:
        said = json.loads(data)
        token = said.get("token") or said["access_token"]
    except (ValueError, KeyError, AttributeError):
        raise RegistryError(
            f"cannot log in at {origin(realm).host}: no token in its answer", "try again later"
        ) from None
    return _sound(token, realm)


def _sound(token: object, realm: str) -> str:
    """Return a token that a header can hold."""
    if not isinstance(token, str) or not token.isascii() or not token.isprintable():
        raise RegistryError(f"cannot log in at {origin(realm).host}: its token is malformed", "try again later")
    return token
