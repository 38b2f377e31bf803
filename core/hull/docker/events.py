"""What happened, as Docker's clients ask for it and hear it."""

import json
import time
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from hull.commands import _happened, _times
from hull.commands._happened import Event, Names, Test
from hull.docker import filters
from hull.docker.filters import Filters
from hull.engine import Engine
from hull.errors import UserError

ELSEWHERE = ("config", "daemon", "node", "plugin", "secret", "service")  # filters of what never happens here
KEPT = 1024  # lines that are made once for all who listen


class Asked(NamedTuple):
    """A listener's question; times are nanoseconds since the epoch, None for no bound."""

    first: int | None
    last: int | None
    tests: list[Test]
    now: int

    @property
    def past(self) -> bool:
        """Whether what is kept is asked for."""
        return self.first is not None or self.last is not None

    @property
    def over(self) -> bool:
        """Whether nothing that is yet to come is asked for."""
        return self.last is not None and self.last <= self.now

    @property
    def left(self) -> float | None:
        """The seconds that are left, None where there is no end."""
        return None if self.last is None else max(0.0, self.last / _times.SECOND - time.time())

    def takes(self, event: Event) -> bool:
        """Whether the event is in the time, and the filters let it through."""
        when = event["timeNano"]
        if when < (self.first or 0) or (self.last is not None and when > self.last):
            return False
        return all(test(event) for test in self.tests)


def asked(since: str, until: str, wanted: Filters) -> Asked:
    """Return the question of a query."""
    now = time.time()
    first = _moment(since, "since", now)
    last = _moment(until, "until", now)
    if last is not None and first is not None and last < first:
        raise UserError(f"`since` time ({since}) cannot be after `until` time ({until})")
    words = filters.words(wanted, (*_happened.MATCHES, *ELSEWHERE))
    here = tuple(word for word in words if word.partition("=")[0] not in ELSEWHERE)
    never: list[Test] = [lambda _event: False] if len(here) < len(words) else []
    return Asked(first, last, [*never, *_happened.tests(here)], round(now * _times.SECOND))


def _moment(text: str, flag: str, now: float) -> int | None:
    """Return a time; 0 is the beginning of all, as Docker reads it in a body that says it."""
    return 0 if text == "0" and flag == "since" else _times.moment(text, flag, now)


class Lines:
    """Events as lines of an answer, made once for all who listen now."""

    def __init__(self, engine: Engine) -> None:
        self._names = Names(engine, time.time())
        self._made: dict[tuple[int, str, str], tuple[Event, bytes]] = {}

    def known(self, event: Event) -> tuple[Event, bytes] | None:
        """Return an event with its container's name of then, and its line; None where nobody has made that."""
        return self._made.get(key_of(event))

    def make(self, event: Event) -> tuple[Event, bytes]:
        """Return that, made: a name is asked of the database."""
        return _line(self._names, event)

    def keep(self, event: Event, made: tuple[Event, bytes]) -> tuple[Event, bytes]:
        """Return what was made, or what somebody else made meanwhile; in the event loop."""
        found = self._made.setdefault(key_of(event), made)
        if len(self._made) > KEPT:
            del self._made[next(iter(self._made))]
        return found


def kept(engine: Engine, wanted: Asked) -> list[tuple[tuple[int, str, str], bytes]]:
    """Return the keys and the lines of what happened before: those that are asked for."""
    names = Names(engine, wanted.now / _times.SECOND)
    return list(_taken(wanted, names, engine.history.read()))


def _taken(wanted: Asked, names: Names, found: Iterable[Event]) -> Iterator[tuple[tuple[int, str, str], bytes]]:
    for event in found:
        named, line = _line(names, event)
        if wanted.takes(named):
            yield key_of(event), line


def key_of(event: Event) -> tuple[int, str, str]:
    """Return what tells one event from another."""
    return event["timeNano"], event["Actor"]["ID"], event["Action"]


def _line(names: Names, event: Event) -> tuple[Event, bytes]:
    actor = event["Actor"]
    named: dict[str, Any] = {**event, "Actor": {**actor, "Attributes": dict(actor["Attributes"])}}
    names.put(named)
    text = json.dumps(_happened.document(named), separators=(",", ":"), ensure_ascii=False)
    return named, text.encode("utf-8", "surrogateescape") + b"\n"
