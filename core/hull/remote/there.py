"""What a verb of another engine is given: a client, a place for events, what was asked."""

from types import SimpleNamespace

from hull.contexts.client import Client, word
from hull.contexts.context import Context
from hull.errors import HostError, UserError
from hull.light import Any
from hull.log import Events


class There:
    """An engine elsewhere, as `engine` is to a verb that runs here."""

    def __init__(self, context: Context, runtime: str, events: Events, timeout: float | None = None) -> None:
        self.context = context
        self.client = Client(context, runtime, timeout)
        self.events = events

    def get(self, path: str, **query: Any) -> Any:
        """Return a document; an engine that answers with none has failed without a word."""
        found = self.client.json("GET", path, query)
        if found is None:
            raise HostError(f"the engine of {self.context.name} told nothing of {path}", "see what its own client says")
        return found

    def post(self, path: str, body: Any = None, **query: Any) -> Any:
        """Change something; return what the engine says."""
        return self.client.json("POST", path, query, body)

    def delete(self, path: str, **query: Any) -> Any:
        """Remove something; return what the engine says."""
        return self.client.json("DELETE", path, query)


Asked = SimpleNamespace


def container(name: str, action: str = "") -> str:
    """Return the path of a container's resource."""
    return f"/containers/{word(name)}{f'/{action}' if action else ''}"


def filters(words: tuple[str, ...], **more: str) -> dict[str, list[str]]:
    """Return --filter words as the API takes them."""
    found: dict[str, list[str]] = {key: [value] for key, value in more.items()}
    for said in words:
        key, equals, value = said.partition("=")
        if not equals:
            raise UserError(f"cannot filter by {said!r}", "use KEY=VALUE")
        found.setdefault(key, []).append(value)
    return found


def seconds(text: str) -> float:
    """Return a time of the API, RFC 3339 with up to nine digits, in seconds since the epoch; 0 for Docker's zero."""
    import datetime as dt

    if not text or text.startswith("0001-"):
        return 0.0
    head, dot, rest = text.partition(".")
    digits = rest[: len(rest) - len(rest.lstrip("0123456789"))] if dot else ""
    zone = rest[len(digits) :] if dot else ""
    if not dot and head.endswith("Z"):
        head, zone = head[:-1], "Z"
    whole = dt.datetime.fromisoformat(head + zone.replace("Z", "+00:00"))
    if whole.tzinfo is None:
        whole = whole.replace(tzinfo=dt.UTC)
    return whole.timestamp() + (float(f"0.{digits}") if digits else 0.0)
