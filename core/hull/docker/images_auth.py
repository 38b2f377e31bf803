"""Who a client says it is at a registry: for one request, kept nowhere."""

import base64
import binascii
import json
from contextlib import suppress
from typing import Any

from hull import config
from hull.engine import Engine
from hull.errors import RegistryError, UserError
from hull.images import login, refusals
from hull.images.credentials import Credentials

HEADER, CONFIG = "X-Registry-Auth", "X-Registry-Config"
Who = Credentials | None


class Refused(RegistryError):  # noqa: N818 (what it says)
    """The registry does not take these credentials."""


def credentials(header: str) -> Credentials | None:
    """Return what a header says: base64url of a JSON object; None where it names nobody.

    Then those of the user's own files are taken: who may talk to the server is that user.
    """
    return of(_object(header, HEADER)) or None if header else None


def several(header: str) -> dict[str, Credentials]:
    """Return what X-Registry-Config says, by registry: a build may ask several."""
    found: dict[str, Credentials] = {}
    for address, said in (_object(header, CONFIG) if header else {}).items():
        if not isinstance(said, dict):
            raise UserError(f"invalid {CONFIG} header: {address} is no JSON object")
        with suppress(UserError):  # an address that names no registry is never asked
            found.setdefault(login.name(address), of(said))
    return found


def _object(header: str, name: str) -> dict[str, Any]:
    try:
        found = json.loads(base64.urlsafe_b64decode(header + "=" * (-len(header) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        raise UserError(f"invalid {name} header: it is no base64 of JSON") from None
    if not isinstance(found, dict | None):
        raise UserError(f"invalid {name} header: it is no JSON object")
    return found or {}  # a client in Go says null where it has nothing to say


def of(said: dict[str, Any]) -> Credentials:
    """Return what Docker's AuthConfig says; empty ones where it names nobody."""
    words = [said.get(key) or "" for key in ("username", "password", "identitytoken", "registrytoken")]
    if not all(isinstance(word, str) for word in words):
        raise UserError("invalid credentials: username, password, identitytoken and registrytoken are words")
    user, password, token, bearer = words
    if bearer:
        return Credentials(fetch=lambda *_: bearer)
    if not (user or token) and isinstance(said.get("auth"), str) and said["auth"]:
        user, password = _parted(said["auth"])
    return Credentials(token=token) if token else Credentials(user, password)


def _parted(text: str) -> tuple[str, str]:
    try:
        user, _, password = base64.b64decode(text, validate=True).decode().partition(":")
    except ValueError:
        raise UserError("invalid credentials: auth is no base64 of NAME:PASSWORD") from None
    return user, password


def check(engine: Engine, said: dict[str, Any]) -> dict[str, str]:
    """Return what `/auth` answers where the registry takes the credentials; it is really asked."""
    address = said.get("serveraddress") or ""
    if not isinstance(address, str):
        raise UserError("invalid credentials: serveraddress is a word")
    host = login.name(address)
    try:
        login.check(host, of(said), config.load(engine.paths.config))
    except refusals.DeniedError:
        raise Refused(f"login attempt to https://{host}/v2/ failed with status: 401 Unauthorized") from None
    return {"IdentityToken": "", "Status": "Login Succeeded"}
