"""Docker's own contexts, read where its client keeps them and never written. Source: docker/cli's contextstore."""

import hashlib
import json
import os
from contextlib import suppress

from hull.contexts.context import DOCKER, THEIRS, Context
from hull.light import Any

SOCKET = "/var/run/docker.sock"


def all_(environ: dict[str, str]) -> list[Context]:
    """Return them by name: what DOCKER_HOST or the usual socket is first, as docker:default.

    One that is broken has its `fault`, and the name of its directory: its own is what cannot be read.
    """
    base, found = _base(environ), []
    with suppress(OSError):
        for name in sorted(os.listdir(f"{base}/contexts/meta")):
            path = f"{base}/contexts/meta/{name}/meta.json"
            try:
                found.append(_read(base, path))
            except FileNotFoundError:
                continue  # Docker's client takes it for none, too
            except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
                why = f"cannot read a context of Docker's: {path}: {type(error).__name__}: {error}"
                found.append(Context(f"{THEIRS}{name[:12]}", kind=DOCKER, owner="docker", fault=why))
    return [*_usual(environ), *sorted(found)]


def _base(environ: dict[str, str]) -> str:
    return environ.get("DOCKER_CONFIG") or f"{environ.get('HOME', '')}/.docker"


def prefixed(context: Context) -> Context:
    """Return a context by the name that is surely Docker's."""
    return context if context.name.startswith(THEIRS) else context._replace(name=f"{THEIRS}{context.name}")


def _usual(environ: dict[str, str]) -> list[Context]:
    host = environ.get("DOCKER_HOST", "")
    if not host and os.path.exists(SOCKET):
        host = f"unix://{SOCKET}"
    if not host:
        return []
    made = Context(f"{THEIRS}default", host, DOCKER, "What Docker's client asks by default", owner="docker")
    if not (environ.get("DOCKER_TLS_VERIFY") and host.startswith("tcp://")):
        return [made]
    return [made._replace(tls=True, **_pems(environ.get("DOCKER_CERT_PATH") or _base(environ)))]


def _read(base: str, path: str) -> Context:
    with open(path, encoding="utf-8") as file:
        meta: dict[str, Any] = json.load(file)
    name, endpoint = meta["Name"], meta["Endpoints"]["docker"]
    tls = f"{base}/contexts/tls/{hashlib.sha256(name.encode()).hexdigest()}/docker"
    described = meta.get("Metadata", {}).get("Description", "")
    made = Context(name, endpoint["Host"], DOCKER, described, owner="docker")
    return made._replace(skip_verify=bool(endpoint.get("SkipTLSVerify")), **_pems(tls))


def _pems(place: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for field in ("ca", "cert", "key"):
        with suppress(OSError), open(f"{place}/{field}.pem", encoding="utf-8") as file:
            found[field] = file.read()
    return found
