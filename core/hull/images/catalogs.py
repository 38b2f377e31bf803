"""What a registry lists: the tags of a repository, its repositories, what a search finds. Page after page."""

from collections.abc import Iterator
from http import HTTPStatus
from itertools import chain
from urllib.parse import urlencode

from hull.config import Settings
from hull.errors import RegistryError, UserError
from hull.images import documents, mirrors, reference
from hull.images.credentials import Credentials
from hull.images.registry import Registry
from hull.light import Any, NamedTuple

PAGES_MOST = 10_000
PAGE_MOST = 16 << 20
_DOCKER_SEARCH = "https://index.docker.io/v1/search"


class Found(NamedTuple):
    """One repository that a search found. `official` and `stars` only where the registry counts them."""

    name: str
    description: str = ""
    stars: int = 0
    official: bool = False
    automated: bool = False


def tags(name: str, settings: Settings, credentials: Credentials | None = None) -> Iterator[str]:
    """Yield the tags of a repository in the registry's order; a mirror's where it has that repository."""
    asked = reference.parse(name)
    if asked.digest or ":" in name.rpartition("/")[2]:
        raise UserError(f"cannot list the tags of {name}: it names one", f"hull tag list {asked.familiar_name}")
    return mirrors.ask(asked, settings, credentials, lambda registry: _begun(_pages(registry, "tags/list", "tags")))


def _begun(items: Iterator[str]) -> Iterator[str]:
    """Return the same items, the first of them fetched: whether there is an answer is known."""
    first = next(items, None)
    return iter(()) if first is None else chain((first,), items)


def search(text: str, limit: int, settings: Settings, credentials: Credentials | None = None) -> list[Found]:
    """Return what a registry finds for `[HOST[:PORT]/]TERM`; one that has no search is asked for its catalog."""
    registry, term = _split(text)
    asked = Registry(reference.parse(f"{registry}/search"), settings, credentials=credentials, scoped=False)
    target = _DOCKER_SEARCH if registry == reference.DOCKER else "/v1/search"
    good = (HTTPStatus.OK, *((HTTPStatus.NOT_FOUND,) if registry != reference.DOCKER else ()))
    words = urlencode({"q": term, "n": limit})
    with asked.request("GET", f"{target}?{words}", {}, good=good) as answer:
        if answer.response.status == HTTPStatus.OK:
            items = _items(_document(answer.read(PAGE_MOST + 1), registry), "results")
            prefix = "" if registry == reference.DOCKER else f"{registry}/"
            return [_found(item, prefix) for item in items if isinstance(item, dict)][:limit]
    return _in_catalog(asked, registry, term, limit)


def _in_catalog(asked: Registry, registry: str, term: str, limit: int) -> list[Found]:
    found: list[Found] = []
    for name in _pages(asked, "/v2/_catalog", "repositories"):
        if term.lower() in name.lower():
            found.append(Found(f"{registry}/{name}"))
            if len(found) == limit:
                break
    return found


def _split(text: str) -> tuple[str, str]:
    first, slash, rest = text.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        registry = reference.parse(f"{first}/search").registry
        return registry, rest
    if not text:
        raise UserError("cannot search for nothing", "hull search TERM, or hull search HOST/TERM")
    return reference.DOCKER, text


def _pages(registry: Registry, target: str, key: str) -> Iterator[str]:
    """Yield the strings under `key`, following `Link: <…>; rel="next"`."""
    seen: set[str] = set()
    while target not in seen:
        seen.add(target)
        if len(seen) > PAGES_MOST:
            break
        with registry.request("GET", target, {}) as answer:
            document = _document(answer.read(PAGE_MOST + 1), str(registry.reference.registry))
            link = answer.response.headers.get("Link", "")
        for item in _items(document, key):
            yield "".join(char for char in str(item) if char.isprintable())
        following, _, rest = link.partition(">")
        if not following.startswith("<") or 'rel="next"' not in rest.replace("rel=next", 'rel="next"'):
            return
        target = _next(target, following[1:], registry)
    raise RegistryError(f"cannot list {registry.reference.name}: its pages have no end", "tell the registry's owner")


def _next(target: str, link: str, registry: Registry) -> str:
    from hull.images.urls import joined

    base = target if "://" in target else registry.url(target)
    return joined(base, link)


def _document(body: bytes, registry: str) -> Any:
    if len(body) > PAGE_MOST:
        raise RegistryError(f"cannot read what {registry} lists: a page of more than {PAGE_MOST} bytes", "ask for less")
    return documents.read(body, f"what {registry} lists")


def _items(document: Any, key: str) -> list[Any]:
    items = document.get(key) if isinstance(document, dict) else None
    return items if isinstance(items, list) else []  # distribution says null for none


def _found(item: dict[str, Any], prefix: str) -> Found:
    stars = item.get("star_count")
    return Found(
        prefix + _text(item.get("name")),
        _text(item.get("description")),
        stars if isinstance(stars, int) else 0,
        item.get("is_official") is True,
        item.get("is_automated") is True,
    )


def _text(value: Any) -> str:
    return "".join(char if char.isprintable() else " " for char in str(value or ""))
