"""Credentials from the files that docker, podman and skopeo share, and from credential helpers."""

import os

from hull.errors import HostError, UserError
from hull.light import Any, NamedTuple

DOCKER_KEY = "https://index.docker.io/v1/"
_TIMEOUT = 30


class Credentials(NamedTuple):
    """A user and a password, or an identity token (then `user` is empty)."""

    user: str = ""
    password: str = ""
    token: str = ""

    def __bool__(self) -> bool:
        return bool(self.user or self.token)

    def __repr__(self) -> str:
        return f"Credentials({self.user!r}, …)"

    @property
    def basic(self) -> str:
        """The value of a Basic Authorization header."""
        import base64

        return "Basic " + base64.b64encode(f"{self.user}:{self.password}".encode()).decode()


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
    data = _read(path)
    helper = data.get("credHelpers", {}).get(registry)
    if helper and (found := _ask(str(helper), DOCKER_KEY if registry == "docker.io" else registry)):
        return found
    auths = data.get("auths") or {}
    for key in _keys(registry, repository):
        if key in auths and (found := _decode(auths[key], path, key)):
            return found
    if data.get("credsStore"):
        return _ask(str(data["credsStore"]), DOCKER_KEY if registry == "docker.io" else registry)
    return Credentials()


def _keys(registry: str, repository: str) -> list[str]:
    parts = repository.split("/")
    keys = ["/".join((registry, *parts[:count])) for count in range(len(parts), -1, -1)]
    legacy = [f"https://{registry}", f"https://{registry}/v1/", f"https://{registry}/v2/", f"http://{registry}"]
    return keys + (["index.docker.io", DOCKER_KEY] if registry == "docker.io" else []) + legacy


def _read(path: str) -> dict[str, Any]:
    import json

    try:
        with open(path, encoding="utf-8") as file:
            data = json.load(file)
    except (OSError, ValueError) as error:
        raise UserError(f"cannot read credentials from {path}: {error}", "correct the file, or log in again") from None
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


def _ask(helper: str, server: str) -> Credentials:
    """Ask docker-credential-HELPER; one that knows nothing about the server answers with an exit code."""
    import json
    import subprocess

    program = f"docker-credential-{helper}"
    if "/" in helper:
        raise UserError(
            f"cannot run the credential helper {helper!r}: a name is wanted, not a path", "correct the file"
        )
    try:
        done = subprocess.run(
            [program, "get"], input=server.encode(), capture_output=True, timeout=_TIMEOUT, check=False
        )
    except FileNotFoundError:
        raise HostError(
            f"cannot run the credential helper {program}: not found", "install it, or log in again"
        ) from None
    except subprocess.TimeoutExpired:
        raise HostError(
            f"cannot get credentials: {program} said nothing for {_TIMEOUT} s", "unlock its store"
        ) from None
    if done.returncode:
        return Credentials()
    try:
        answer = json.loads(done.stdout)
        user, secret = str(answer["Username"]), str(answer["Secret"])
    except (ValueError, KeyError, TypeError):
        raise HostError(f"cannot get credentials: {program} gave no valid answer", "log in again") from None
    return Credentials(token=secret) if user == "<token>" else Credentials(user, secret)
