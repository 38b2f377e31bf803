"""What a context is: a name for an engine, and how it is reached."""

from hull.errors import UserError
from hull.light import NamedTuple

LOCAL, HULL, DOCKER = "local", "hull", "docker"
DEFAULT = "default"
THEIRS = "docker:"  # before the name of one of Docker's
MOST = 1 << 20  # bytes of a file of one
ALLOWED = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.+-"
SHELL = frozenset("'`\"$;&<>|(){}")  # what a command of ssh's own settings, told the host's name, reads as more


class Host(NamedTuple):
    """An address in parts: `scheme` is unix, tcp or ssh; `path` a socket's, or of the program at the other end."""

    scheme: str
    name: str = ""
    port: int = 0
    user: str = ""
    path: str = ""


class Context(NamedTuple):
    """An engine by name.

    `kind` is local (this machine), hull (its own command, by ssh) or docker (an engine of Docker's API at `host`).
    `ca`, `cert` and `key` are PEM texts; `tls` says TLS where there are none: the system's authorities prove then.
    `owner` is whose list it is in: hull's, or Docker's, which is only read. `fault` is why what is kept of it cannot be
    used: such a one is listed only.
    """

    name: str
    host: str = ""
    kind: str = LOCAL
    description: str = ""
    ca: str = ""
    cert: str = ""
    key: str = ""
    skip_verify: bool = False
    owner: str = "hull"
    tls: bool = False
    fault: str = ""

    @property
    def address(self) -> Host:
        """The parts of its address."""
        return parse(self.host)

    @property
    def secure(self) -> bool:
        """Whether the connection is TLS: there is something to prove it by, or it was said that nothing shall."""
        return bool(self.ca or self.cert or self.skip_verify or self.tls)


def parse(text: str) -> Host:
    """Return the parts of unix:///PATH, tcp://HOST:PORT or ssh://[USER@]HOST[:PORT][/PATH]."""
    scheme, colon, rest = text.partition("://")
    if not colon or scheme not in ("unix", "tcp", "ssh") or not rest or not text.isprintable() or " " in text:
        raise _bad(text, "no such address")
    if scheme == "unix":
        if not rest.startswith("/"):
            raise _bad(text, "the socket's path is not absolute")
        return Host("unix", path=rest)
    where, slash, path = rest.partition("/")
    user, _, place = where.rpartition("@")
    name, port = _port(text, place)
    if not name or name.startswith("-") or user.startswith("-"):
        raise _bad(text, "no host is named")
    if SHELL.intersection(name) or SHELL.intersection(user):
        raise _bad(text, "no host or user has such a name")
    if scheme == "tcp" and (user or path):
        raise _bad(text, "tcp takes a host and a port alone")
    if scheme == "tcp" and not port:
        raise _bad(text, "no port is named")
    if path.strip(f"{ALLOWED}/:=@,"):
        raise _bad(text, "a shell at the other end would read something into its path")
    return Host(scheme, name, port, user, f"{slash}{path}" if path else "")


def _port(text: str, place: str) -> tuple[str, int]:
    """Cut HOST[:PORT], [v6][:PORT]."""
    if place.startswith("["):
        name, bracket, rest = place[1:].partition("]")
        if not bracket or (rest and not rest.startswith(":")):
            raise _bad(text, "the brackets do not close")
        number = rest[1:]
    else:
        name, _, number = place.partition(":")
    if not number:
        return name, 0
    if not (number.isascii() and number.isdecimal() and 0 < int(number) < 1 << 16):
        raise _bad(text, f"{number!r} is no port")
    return name, int(number)


def checked(name: str) -> str:
    """Return a context's name, checked."""
    if name == DEFAULT:
        raise UserError("cannot use the name default for a context: it is this machine", "choose another name")
    if len(name) < 2 or not name[0].isalnum() or name.strip(ALLOWED):  # noqa: PLR2004 (Docker's rule)
        raise UserError(
            f"cannot name a context {name!r}",
            "two characters or more: letters, digits, '_', '.', '+', '-'; a letter or digit first",
        )
    return name


def _bad(text: str, reason: str) -> UserError:
    return UserError(
        f"cannot use the address {text!r}: {reason}", "unix:///PATH, tcp://HOST:PORT or ssh://[USER@]HOST[:PORT][/PATH]"
    )
