"""hull events: what happens to containers and images, as it happens."""

import time
from collections.abc import Callable, Iterator

from hull.commands import _asked, _times
from hull.commands._verb import Flag
from hull.engine import Engine
from hull.light import Annotated, Any

Many = tuple[str, ...]
Test = Callable[[dict[str, Any]], bool]
LEGACY = ("container", "image")  # types whose events Docker also tells in the words of its first versions


def events(
    engine: Engine,
    *,
    filter: Annotated[Many, Flag("only such: one of a key's values, all labels, all keys", "f", "KEY=VALUE")] = (),
    format: Annotated[str, Flag("json, or a template as {{.Type}} {{.Action}}", metavar="FORMAT")] = "",
    since: Annotated[str, Flag("begin with what happened since", metavar="TIME|SPAN")] = "",
    until: Annotated[str, Flag("end at this time", metavar="TIME|SPAN")] = "",
) -> Iterator[str]:
    """Print events as they come, until interrupted or --until."""
    now = time.time()
    first, last = _times.moment(since, "--since", now), _times.moment(until, "--until", now)
    wanted, shown, names = _filters(filter), _format(format), _Names(engine, now)
    past, output = bool(since or until), -1 if engine.resident else 1
    found = engine.history.follow(None if last is None else last / _times.SECOND, past=past, output=output)

    def lines() -> Iterator[str]:
        for event in found:
            names.put(event)
            early, late = event["timeNano"] < (first or 0), last is not None and event["timeNano"] > last
            if not early and not late and all(test(event) for test in wanted):
                yield shown(event)

    return lines()


class _Names:
    """What containers are called when something happens to them: a launcher knows the name of its start only."""

    def __init__(self, engine: Engine, now: float) -> None:
        self._engine = engine
        self._began = now * _times.SECOND
        self._given: dict[str, str] = {}

    def put(self, event: dict[str, Any]) -> None:
        """Give a container's event its name of then: the last rename before it, or for what happens now its row's."""
        ident, attributes = event["Actor"]["ID"], event["Actor"]["Attributes"]
        if event["Type"] != "container":
            return
        if event["Action"] == "rename":
            self._given[ident] = attributes["name"]
        elif name := self._given.get(ident) or self._recorded(event):
            attributes["name"] = name

    def _recorded(self, event: dict[str, Any]) -> str:
        if event["timeNano"] < self._began or event["Action"] == "create":
            return ""
        rows = self._engine.db.rows("SELECT name FROM containers WHERE id = ?", event["Actor"]["ID"])
        return str(rows[0][0]) if rows else ""


def _filters(words: Many) -> list[Test]:
    """Return a test for each key: all of them must hold."""
    return [_test(key, values) for key, values in _asked.words(words, MATCHES).items()]


def _test(key: str, values: list[str]) -> Test:
    match, decide = MATCHES[key], _asked.decide(key)
    return lambda event: decide(match(event, value) for value in values)


def _container(event: dict[str, Any], value: str) -> bool:
    actor = event["Actor"]
    named = value in (actor["Attributes"].get("name"), actor["Attributes"].get("container"))
    return event["Type"] == "container" and (named or _begins(actor["ID"], value))


def _image(event: dict[str, Any], value: str) -> bool:
    actor = event["Actor"]
    name = str(actor["Attributes"].get("name" if event["Type"] == "image" else "image", ""))
    known = {actor["ID"] if event["Type"] == "image" else "", name, _untagged(name)}
    return value in known - {""}


def _untagged(name: str) -> str:
    head, colon, tag = name.rpartition(":")
    return head if colon and "/" not in tag else name


def _label(event: dict[str, Any], value: str) -> bool:
    return _asked.labelled(event["Actor"]["Attributes"], value)


def _of(type: str) -> Callable[..., bool]:
    def match(event: dict[str, Any], value: str) -> bool:
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


def _format(format: str) -> Callable[[dict[str, Any]], str]:
    if not format:
        return _text
    if format == "json":
        return lambda event: _json(_document(event))
    from hull.template import parse

    template = parse(format)

    def render(event: dict[str, Any]) -> str:
        whole = _document(event)
        fields = {**whole, "Status": event["Action"], "ID": event["Actor"]["ID"], "From": whole.get("from", "")}
        fields |= {"Scope": event.get("scope", ""), "Time": event["time"], "TimeNano": event["timeNano"]}
        return template.render(fields, {"json": lambda value: _json(whole if value is fields else value)})

    return render


def _document(event: dict[str, Any]) -> dict[str, Any]:
    """Return what Docker prints as JSON: for containers and images the words of its first versions come first."""
    if event["Type"] not in LEGACY:
        return event
    old = {"status": event["Action"], "id": event["Actor"]["ID"]}
    image = event["Actor"]["Attributes"].get("image")
    return {**old, **({"from": image} if image else {}), **event}


def _json(value: Any) -> str:
    import json

    return json.dumps(value, separators=(",", ":"))


def _text(event: dict[str, Any]) -> str:
    """Return `TIME TYPE ACTION ID (key=value, …)`, the time this machine's."""
    actor = event["Actor"]
    pairs = _harmless(", ".join(f"{key}={value}" for key, value in sorted(actor["Attributes"].items())))
    seconds, rest = divmod(event["timeNano"], _times.SECOND)
    zone = time.strftime("%z", time.localtime(seconds))
    when = f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.localtime(seconds))}.{rest:09}{zone[:3]}:{zone[3:]}"
    return (
        f"{when} {event['Type']} {_harmless(event['Action'])} {_harmless(actor['ID'])}{f' ({pairs})' if pairs else ''}"
    )


def _harmless(text: str) -> str:
    """Escape control characters: labels come from images, a terminal must not obey them."""
    return text if text.isprintable() else "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
