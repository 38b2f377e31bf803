"""Credentials from the files that docker, podman and skopeo share, and from credential helpers."""

import os

from hull.errors import UserError
from hull.images import helpers
from hull.images.credentials import Credentials
from hull.light import Any

DOCKER_KEY = "https://index.docker.io/v1/"


def files(environ: dict[str, str]) -> list[str]:
    """Return the files that may hold credentials, the first match wins. `$REGISTRY_AUTH_FILE` alone if it is set."""
    if environ.get("REGISTRY_AUTH_FILE"):
        return [environ["REGISTRY_AUTH_FILE"]]
    home = environ.get("HOME", "")
    runtime, config = environ.get("XDG_RUNTIME_DIR"), environ.get("XDG_CONFIG_HOME") or f"{home}/.config"
    found = [f"{runtime}/containers/auth.json"] if runtime else []
    docker = environ.get("DOCKER_CONFIG") or f"{home}/.docker"
    return [*found, f"{config}/containers/auth.json", f"{docker}/config.json"]


def find(registry: str, repository: str, environ: dict[str, str] | None = None) -> Credentials:
    """Return the credentials for a repository, empty ones where nobody wrote any. The longest matching key wins."""
    env = dict(os.environ) if environ is None else environ
    for path in files(env):
        if os.path.exists(path) and (found := _in_file(path, registry, repository)):
            return found
    return Credentials()


def _in_file(path: str, registry: str, repository: str) -> Credentials:
    data = read(path)
    server = DOCKER_KEY if registry == "docker.io" else registry
    helper = (data.get("credHelpers") or {}).get(registry)
    if helper and (found := helpers.get(str(helper), server)):
        return found
    auths = data.get("auths") or {}
    for key in keys(registry, repository):
        if key in auths and (found := _decode(auths[key], path, key)):
            return found
    if data.get("credsStore"):
        return helpers.get(str(data["credsStore"]), server)
    return Credentials()


def helper_of(data: dict[str, Any], registry: str) -> str:
    """Return the helper that a file names for a registry, "" for none."""
    return str((data.get("credHelpers") or {}).get(registry) or data.get("credsStore") or "")


def keys(registry: str, repository: str) -> list[str]:
    """Return what an entry for a repository may be called, the best first; with "" those of the whole registry."""
    parts = repository.split("/") if repository else []
    found = ["/".join((registry, *parts[:count])) for count in range(len(parts), -1, -1)]
    legacy = [f"https://{registry}", f"https://{registry}/v1/", f"https://{registry}/v2/", f"http://{registry}"]
    return found + (["index.docker.io", DOCKER_KEY] if registry == "docker.io" else []) + legacy


def read(path: str) -> dict[str, Any]:
    """Return what a file holds; one that is no JSON is an error that names it."""
    import json

    try:
        with open(path, encoding="utf-8") as file:
            data = json.load(file)
    except (OSError, ValueError) as error:
        raise UserError(f"cannot read credentials from {path}: {error}", "correct the file, or move it away") from None
    return data if isinstance(data, dict) else {}


def _decode(entry: Any, path: str, key: str) -> Credentials:
    import base64

    if not isinstance(entry, dict):
        return Credentials()
    if entry.get("identitytoken"):
        return Credentials(token=str(entry["identitytoken"]))
    if entry.get("username"):
        return Credentials(str(entry["username"]), str(entry.get("password", "")))
    try:
        user, colon, password = base64.b64decode(entry.get("auth") or "", validate=True).decode().partition(":")
    except ValueError:
        raise UserError(f"cannot read credentials for {key} from {path}: not base64", "log in again") from None
    return Credentials(user, password.rstrip("\0")) if colon else Credentials()
