"""URLs of registries: whom one belongs to, what one means beside another, and how one may be shown."""

from urllib.parse import urljoin, urlsplit

from hull.errors import RegistryError
from hull.light import NamedTuple

PORTS = {"http": 80, "https": 443}


class Origin(NamedTuple):
    """Whom a credential belongs to."""

    scheme: str
    host: str
    port: int


def origin(url: str) -> Origin:
    """Return the origin of a URL; one that is not HTTP is an error."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise RegistryError(
            f"cannot follow {shown(url)!r}: no valid URL", "the registry is broken or hostile"
        ) from None
    if parts.scheme not in PORTS or not parts.hostname:
        raise RegistryError(f"cannot follow {shown(url)!r}: not HTTP", "the registry is broken or hostile")
    return Origin(parts.scheme, parts.hostname.lower(), port or PORTS[parts.scheme])


def joined(url: str, target: str) -> str:
    """Return the URL that a Location header means."""
    try:
        return urljoin(url, target)
    except ValueError:
        raise RegistryError(
            f"cannot follow {shown(target)!r}: no valid URL", "the registry is broken or hostile"
        ) from None


def shown(url: str) -> str:
    """Return a URL for a message: without its query and its user, which may hold a signature or a password."""
    plain = url.partition("?")[0].partition("#")[0]
    scheme, colon, rest = plain.rpartition("://")
    place, slash, path = rest.partition("/")
    return f"{scheme}{colon}{place.rpartition('@')[2]}{slash}{path}"[:200]


def is_loopback(host: str) -> bool:
    """Whether a host is this machine: localhost, 127.0.0.0/8 as four numbers, ::1. Names are not looked up."""
    name = host.strip("[]")
    if name in ("localhost", "::1"):
        return True
    numbers = name.split(".")
    return len(numbers) == 4 and numbers[0] == "127" and all(n.isdigit() and int(n) < 256 for n in numbers)  # noqa: PLR2004


def names(host: str, port: int) -> tuple[str, ...]:
    """Return how settings and certs.d may call a host, the most exact first; a default port may be left out."""
    name = f"[{host}]" if ":" in host else host
    return (f"{name}:{port}", name) if port in PORTS.values() else (f"{name}:{port}",)
