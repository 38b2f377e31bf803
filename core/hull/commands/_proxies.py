"""The proxies of the caller's environment, for a program inside: never in a spec, whose variables inspect prints."""

import os
from collections.abc import Mapping

from hull import log
from hull.engine import Engine
from hull.light import TYPE_CHECKING
from hull.model import Spec

if TYPE_CHECKING:
    from urllib.parse import SplitResult

NAMES = ("http_proxy", "https_proxy", "ftp_proxy", "all_proxy", "no_proxy")
HOST = "host.hull.internal"


def added(engine: Engine, spec: Spec, environ: Mapping[str, str] = os.environ) -> Spec:
    """Return the spec with the variables that its --http-proxy passes on; what -e says wins.

    A proxy on this machine's loopback is another machine's inside: with --host-loopback its address becomes the one
    that reaches it, without it a warning says so.
    """
    if not spec.http_proxy:
        return spec
    said = {word.partition("=")[0] for word in spec.env}
    found = {name: environ[name] for low in NAMES for name in (low, low.upper()) if environ.get(name)}
    words = []
    for name, value in found.items():
        if name in said:
            continue
        reached = value if name.lower() == "no_proxy" or spec.network == "host" else _reached(value, spec)
        if not reached:
            engine.events(
                log.Event(
                    "warning", name, f"the proxy of {name} is on this machine's loopback: --host-loopback lets it in"
                )
            )
        words.append(f"{name}={reached or value}")
    return spec._replace(env=(*words, *spec.env))


def _reached(value: str, spec: Spec) -> str:
    """Return the proxy's address as seen from inside, "" where nothing reaches it."""
    from urllib.parse import urlsplit, urlunsplit

    parts = urlsplit(value if "://" in value else f"//{value}")
    if not _local(parts):
        return value
    if not spec.host_loopback:
        return ""
    user, at, place = parts.netloc.rpartition("@")
    port = place.rpartition("]")[2].partition(":")[2]
    moved = urlunsplit(parts._replace(netloc=f"{user}{at}{HOST}{f':{port}' if port else ''}"))
    return moved if "://" in value else moved.removeprefix("//")


def _local(parts: "SplitResult") -> bool:
    host = parts.hostname or ""
    return host in ("localhost", "::1") or host.startswith("127.")
