"""Image references by Docker's rules, parsed once into a value that prints itself.

Contract: `parse(str(r)) == r` and `parse(r.canonical) == r`. The grammar is distribution's `reference` package; the
defaults (docker.io, library/, latest) are Docker's.
"""

from hull.errors import UserError
from hull.images import digests
from hull.light import NamedTuple

DOCKER = "docker.io"
TAG_MOST, NAME_MOST, PORT_MOST = 128, 255, 65535
_LOWER = frozenset("abcdefghijklmnopqrstuvwxyz0123456789")
_TAG = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-")
_HOST = _TAG - {"_"}
_HINT = "write it as [HOST[:PORT]/]NAME[:TAG][@sha256:DIGEST], for example debian:12 or localhost:5000/a/b:1"


class Reference(NamedTuple):
    """A repository and which image in it. `tag` is empty only where there is a digest."""

    registry: str
    repository: str
    tag: str
    digest: str

    @property
    def name(self) -> str:
        """The full name without tag and digest: docker.io/library/debian."""
        return f"{self.registry}/{self.repository}"

    @property
    def familiar_name(self) -> str:
        """The name as people write it: debian."""
        if self.registry != DOCKER:
            return self.name
        short = self.repository.removeprefix("library/")
        return self.repository if "/" in short else short

    @property
    def canonical(self) -> str:
        """Everything spelt out: docker.io/library/debian:12@sha256:…."""
        return self.name + self._suffix()

    @property
    def key(self) -> str:
        """What the store files it under: the digest where there is one, else the tag."""
        return f"{self.name}@{self.digest}" if self.digest else f"{self.name}:{self.tag}"

    @property
    def wanted(self) -> str:
        """What to ask the registry for: the digest where there is one, else the tag."""
        return self.digest or self.tag

    @property
    def host(self) -> str:
        """Whom to ask: Docker's registry is not at Docker's name."""
        return "registry-1.docker.io" if self.registry == DOCKER else self.registry

    def __str__(self) -> str:
        return self.familiar_name + self._suffix()

    def _suffix(self) -> str:
        return (f":{self.tag}" if self.tag else "") + (f"@{self.digest}" if self.digest else "")


def parse(text: str) -> Reference:
    """Return the reference that `text` means; `UserError` says which part is wrong."""
    rest, at, digest = text.partition("@")
    if at and not digests.valid(digest):
        raise _bad(text, f"{digest[:80]!r} is not a digest")
    if digests.valid(f"sha256:{rest}"):
        raise _bad(text, "64 hex digits are an image id, not a name")
    registry, path = _split(rest)
    path, colon, tag = path.partition(":")
    if colon and not (tag and len(tag) <= TAG_MOST and _TAG.issuperset(tag) and tag[0] not in ".-"):
        raise _bad(text, f"{tag[:140]!r} is not a tag")
    if registry == DOCKER and "/" not in path:
        path = f"library/{path}"
    _check_host(text, registry)
    _check_path(text, path, registry)
    return Reference(registry, path, tag or ("" if digest else "latest"), digest)


def _split(rest: str) -> tuple[str, str]:
    """Part the registry from the path: a first part with a dot, a colon or an upper-case letter, or `localhost`."""
    first, slash, path = rest.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost" or first.lower() != first):
        return (DOCKER if first in ("index.docker.io", "registry-1.docker.io") else first), path
    return DOCKER, rest


def _check_host(text: str, host: str) -> None:
    name, colon, port = host.rpartition(":") if not host.endswith("]") and ":" in host else (host, "", "")
    if colon and not (port.isascii() and port.isdigit() and 0 < int(port) <= PORT_MOST):
        raise _bad(text, f"{port!r} is not a port")
    if name.startswith("[") and name.endswith("]"):
        plain = bool(name[1:-1]) and set("0123456789abcdefABCDEF:").issuperset(name[1:-1])
    else:
        plain = all(part and _HOST.issuperset(part) and part[0] != "-" != part[-1] for part in name.split("."))
    if not plain:
        raise _bad(text, f"{host!r} is not a registry's address")


def _check_path(text: str, path: str, registry: str) -> None:
    if path.lower() != path:
        raise UserError(f"cannot use {text!r} as an image: names are lower case", f"did you mean {text.lower()}?")
    if not path or len(path) + len(registry) > NAME_MOST:
        raise _bad(text, "the name is empty" if not path else f"the name is longer than {NAME_MOST} characters")
    for part in path.split("/"):
        if not _is_component(part):
            raise _bad(text, f"{part!r} is not a part of a name")


def _is_component(part: str) -> bool:
    """Whether runs of letters and digits, joined by one dot, one or two underscores, or dashes."""
    if not part or part[0] not in _LOWER or part[-1] not in _LOWER:
        return False
    joint = ""
    for char in part:
        if char in _LOWER:
            joint = ""
            continue
        joint += char
        if joint not in (".", "_", "__") and joint.strip("-"):
            return False
    return True


def _bad(text: str, reason: str) -> UserError:
    return UserError(f"cannot use {text[:300]!r} as an image: {reason}", _HINT)
