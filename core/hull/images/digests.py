"""Digests as registries write them, checked before they name a file or a URL (CVE-2024-3727)."""

from hull.errors import RegistryError
from hull.light import TYPE_CHECKING

if TYPE_CHECKING:
    from hashlib import _Hash

LENGTHS = {"sha256": 64, "sha512": 128}
_HEX = frozenset("0123456789abcdef")


def valid(text: str) -> bool:
    """Whether `text` is `sha256:` and 64 lower-case hex digits, or the same of sha512."""
    algorithm, _, digits = text.partition(":")
    return len(digits) == LENGTHS.get(algorithm) and _HEX.issuperset(digits)


def checked(value: object, what: str) -> str:
    """Return the digest `value`; anything else is an error that names `what` holds it."""
    if isinstance(value, str) and valid(value):
        return value
    raise RegistryError(
        f"cannot use {what}: {str(value)[:80]!r} is not a digest",
        "the image is damaged or hostile: pull it from its source",
    )


def hasher(digest: str) -> "_Hash":
    """Return a fresh hash object of the digest's algorithm."""
    import hashlib

    return hashlib.new(digest.partition(":")[0], usedforsecurity=True)


def of(data: bytes) -> str:
    """Return the sha256 digest of `data`."""
    import hashlib

    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def verify(data: bytes, digest: str, what: str) -> None:
    """Raise unless `data` has the digest."""
    found = hasher(digest)
    found.update(data)
    if found.hexdigest() != digest.partition(":")[2]:
        raise RegistryError(f"cannot use {what}: its content does not match {digest}", "try again, or another registry")
