"""hull events: what happens to containers and images, as it happens."""

import time
from collections.abc import Callable, Iterator

from hull.commands import _happened, _times
from hull.commands._verb import Flag
from hull.engine import Engine
from hull.light import Annotated, Any

Many = tuple[str, ...]


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
    wanted, shown, names = _happened.tests(filter), formatted(format), _happened.Names(engine, now)
    past, output = bool(since or until), -1 if engine.resident else 1
    found = engine.history.follow(None if last is None else last / _times.SECOND, past=past, output=output)

    def lines() -> Iterator[str]:
        for event in found:
            names.put(event)
            early, late = event["timeNano"] < (first or 0), last is not None and event["timeNano"] > last
            if not early and not late and all(test(event) for test in wanted):
                yield shown(event)

    return lines()


def formatted(format: str) -> Callable[[dict[str, Any]], str]:
    """Return what makes a line of an event."""
    if not format:
        return _text
    if format == "json":
        return lambda event: _json(_happened.document(event))
    from hull.template import parse

    template = parse(format)

    def render(event: dict[str, Any]) -> str:
        whole = _happened.document(event)
        fields = {**whole, "Status": event["Action"], "ID": event["Actor"]["ID"], "From": whole.get("from", "")}
        fields |= {"Scope": event.get("scope", ""), "Time": event["time"], "TimeNano": event["timeNano"]}
        return template.render(fields, {"json": lambda value: _json(whole if value is fields else value)})

    return render


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
