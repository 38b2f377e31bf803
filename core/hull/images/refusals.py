"""What a registry's refusal means, as an error that says what to do next."""

from http import HTTPStatus

from hull.errors import RegistryError
from hull.light import TYPE_CHECKING

if TYPE_CHECKING:
    from hull.images.http import Answer

BODY_MOST = 1 << 16


class DeniedError(RegistryError):
    """Who asks is unknown there, or may not."""


class AbsentError(RegistryError):
    """There is no such thing."""


BUSY = (429, 502, 503, 504)
_QUOTA_WORDS = ("rate limit", "quota", "toomanyrequests: you have reached")


def of(action: str, registry: str, answer: "Answer", *, image: bool = True) -> RegistryError:
    """Return the error for an answer that is none of the wanted; `action` reads "pull debian:12". Reads its body."""
    response, status = answer.response, answer.response.status
    try:
        body = answer.read(BODY_MOST)
    except RegistryError:
        body = b""  # what it would have said is lost; the status is not
    said = message(body)
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        hint = f"check the name; if it is private, or not yours to write: hull login {registry}"
        return DeniedError(f"cannot {action}: the registry denies access ({status}{said})", hint)
    if status == HTTPStatus.NOT_FOUND:
        what = "has no such image" if image else "does not know it"
        return AbsentError(f"cannot {action}: the registry {what}{said}", "check name and tag")
    if is_quota(status, dict(response.headers.items()), body):
        limit = response.headers.get("ratelimit-limit", "")
        counted = f" ({limit.partition(';')[0]} in {_hours(limit)})" if limit else ""
        hint = f"log in (hull login {registry}) or set a mirror in config.toml; waiting a moment does not help"
        return RegistryError(f"cannot {action}: your quota at the registry is used up{counted}{said}", hint)
    if status in BUSY:
        asked = response.headers.get("Retry-After", "")
        wait = f"; it asks to come back in {asked} s" if asked.isdigit() else ""
        return RegistryError(f"cannot {action}: the registry is overloaded ({status}{said}){wait}", "try again later")
    return RegistryError(f"cannot {action}: the registry answers {status}{said}", "try again later")


def is_quota(status: int, headers: dict[str, str], body: bytes) -> bool:
    """Whether a 429 is a quota that is used up, not a server that has too much to do (Docker Hub says which)."""
    if status != HTTPStatus.TOO_MANY_REQUESTS:
        return False
    lower = {key.lower(): value for key, value in headers.items()}
    if lower.get("ratelimit-remaining", "").partition(";")[0].strip() == "0":
        return True
    return any(word in message(body).lower() for word in _QUOTA_WORDS)


def message(body: bytes) -> str:
    """Return what the registry's error document says, made printable, with a separator; "" for none."""
    import json

    try:
        text = str(json.loads(body)["errors"][0]["message"])
    except (ValueError, LookupError, TypeError):
        return ""
    return ": " + "".join(char for char in text[:200] if char.isprintable())


def _hours(limit: str) -> str:
    seconds = limit.partition("w=")[2].partition(";")[0]
    return f"{int(seconds) // 3600} h" if seconds.isdigit() else "its window"
