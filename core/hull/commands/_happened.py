"""What happened: whose name it tells, which filters let it through, and its document."""

from collections.abc import Callable

from hull.commands import _asked, _times
from hull.engine import Engine
from hull.light import Any

Many = tuple[str, ...]
Event = dict[str, Any]
Test = Callable[[Event], bool]
LEGACY = ("container", "image")  # types whose events Docker also tells in the words of its first versions


class Names:
    """What containers are called when something happens to them: a launcher knows the name of its start only."""

    def __init__(self, engine: Engine, now: float) -> None:
        self._engine = engine
        self._began = now * _times.SECOND
        self._given: dict[str, str] = {}

    def put(self, event: Event) -> None:
        """Give a container's event its name of then: the last rename before it, or for what happens now its row's."""
        ident, attributes = event["Actor"]["ID"], event["Actor"]["Attributes"]
        if event["Type"] != "container":
            return
        if event["Action"] == "rename":
            self._given[ident] = attributes["name"]
        elif name := self._given.get(ident) or self._recorded(event):
            attributes["name"] = name

    def _recorded(self, event: Event) -> str:
        if event["timeNano"] < self._began or event["Action"] == "create":
            return ""
        rows = self._engine.db.rows("SELECT name FROM containers WHERE id = ?", event["Actor"]["ID"])
        return str(rows[0][0]) if rows else ""


def tests(words: Many) -> list[Test]:
    """Return a test for each key of KEY=VALUE words: all of them must hold."""
    return [_test(key, values) for key, values in _asked.words(words, MATCHES).items()]


def _test(key: str, values: list[str]) -> Test:
    match, decide = MATCHES[key], _asked.decide(key)
    return lambda event: decide(match(event, value) for value in values)


def _container(event: Event, value: str) -> bool:
    actor = event["Actor"]
    named = value in (actor["Attributes"].get("name"), actor["Attributes"].get("container"))
    return event["Type"] == "container" and (named or _begins(actor["ID"], value))


def _image(event: Event, value: str) -> bool:
    actor = event["Actor"]
    name = str(actor["Attributes"].get("name" if event["Type"] == "image" else "image", ""))
    known = {actor["ID"] if event["Type"] == "image" else "", name, _untagged(name)}
    return value in known - {""}


def _untagged(name: str) -> str:
    head, colon, tag = name.rpartition(":")
    return head if colon and "/" not in tag else name


def _label(event: Event, value: str) -> bool:
    return _asked.labelled(event["Actor"]["Attributes"], value)


def _of(type: str) -> Callable[..., bool]:
    def match(event: Event, value: str) -> bool:
        actor = event["Actor"]
        named = value == actor["Attributes"].get("name")
        return event["Type"] == type and (named or _begins(actor["ID"], value))

    return match


def _begins(ident: str, value: str) -> bool:
    return bool(value) and ident.startswith(value)


MATCHES: dict[str, Callable[..., bool]] = {
    "container": _container,
    "event": lambda event, value: value in (event["Action"], event["Action"].partition(":")[0]),
    "image": _image,
    "label": _label,
    "network": _of("network"),
    "scope": lambda event, value: event.get("scope") == value,
    "type": lambda event, value: event["Type"] == value,
    "volume": _of("volume"),
}


def document(event: Event) -> Event:
    """Return what Docker prints as JSON: for containers and images the words of its first versions come first."""
    if event["Type"] not in LEGACY:
        return event
    old = {"status": event["Action"], "id": event["Actor"]["ID"]}
    image = event["Actor"]["Attributes"].get("image")
    return {**old, **({"from": image} if image else {}), **event}
