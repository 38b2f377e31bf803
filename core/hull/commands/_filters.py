"""`ps --filter`: which containers are shown.

Source of the keys: Docker's `container ls` reference.
"""

import re
from collections.abc import Callable

from hull.commands import _asked, _endpoints, _listing
from hull.engine import Engine
from hull.errors import UserError
from hull.state.containers import Container
from hull.state.lifecycle import STATES
from hull.state.status import Status

Test = Callable[[Container, Status], bool]
HEALTH = ("starting", "healthy", "unhealthy", "none")


class Filters:
    """Parsed --filter words. `everything` is whether they show containers that do not run, too."""

    def __init__(self, engine: Engine, words: tuple[str, ...]) -> None:
        self._engine = engine
        asked = _asked.words(words, KEYS)
        self.everything = "status" in asked
        self._tests = [self._test(key, values) for key, values in asked.items()]

    def match(self, container: Container, status: Status) -> bool:
        """Whether a container is shown."""
        return all(test(container, status) for test in self._tests)

    def _test(self, key: str, values: list[str]) -> Test:
        tests = [KEYS[key](self._engine, value) for value in values]
        decide = _asked.decide(key)
        return lambda container, status: decide(test(container, status) for test in tests)


def _pattern(value: str) -> re.Pattern[str]:
    try:
        return re.compile(value)
    except re.error as error:
        raise UserError(f"cannot filter by {value!r}: {error}", "id and name take regular expressions") from None


def _id(_engine: Engine, value: str) -> Test:
    pattern = _pattern(value)
    return lambda container, _status: bool(pattern.search(container.id))


def _name(_engine: Engine, value: str) -> Test:
    pattern = _pattern(value)
    return lambda container, _status: bool(pattern.search(container.name) or pattern.search(f"/{container.name}"))


def _label(_engine: Engine, value: str) -> Test:
    return lambda container, _status: _asked.labelled(_listing.labels(container), value)


def _exited(_engine: Engine, value: str) -> Test:
    if not value.removeprefix("-").isdigit():
        raise UserError(f"cannot filter by exited={value}: not a number", "exited takes an exit code")
    return lambda _container, status: status.state == "exited" and status.exit_code == int(value)


def _status(_engine: Engine, value: str) -> Test:
    if value not in STATES:
        raise UserError(f"cannot filter by status={value}", f"use one of: {', '.join(STATES)}")
    words = ("running", "stopping") if value == "running" else (value,)
    return lambda _container, status: status.state in words


def _ancestor(engine: Engine, value: str) -> Test:
    """Match an image and those made on top of it: their layers begin with its."""
    ident = engine.images.identify(value)
    users = [row for row in engine.containers.all() if row.image == ident] if ident else []
    layers = users[0].config.layers if users else engine.images.resolve(value, "never").layers if ident else ()

    def test(container: Container, _status: Status) -> bool:
        above = bool(layers) and container.config.layers[: len(layers)] == layers
        return container.spec.image == value or (bool(ident) and (container.image == ident or above))

    return test


def _before(engine: Engine, value: str) -> Test:
    created = engine.containers.find(value).created
    return lambda container, _status: container.created < created


def _since(engine: Engine, value: str) -> Test:
    created = engine.containers.find(value).created
    return lambda container, _status: container.created > created


def _volume(_engine: Engine, value: str) -> Test:
    wanted = value.rstrip("/") or "/"
    return lambda container, _status: any(
        wanted in (mount.source, mount.target.rstrip("/")) for mount in container.spec.mounts
    )


def _network(engine: Engine, value: str) -> Test:
    from hull.state.networks import NetworkRows, NoSuchNetwork

    try:
        name = NetworkRows(engine.db).find(value).name
    except NoSuchNetwork:
        name = "default" if value == "bridge" else value
    return lambda container, _status: name in _endpoints.names(container.spec)


def _health(_engine: Engine, value: str) -> Test:
    if value not in HEALTH:
        raise UserError(f"cannot filter by health={value}", f"use one of: {', '.join(HEALTH)}")
    return lambda _container, status: (status.health or "none") == value


def _trial(_engine: Engine, value: str) -> Test:
    if value not in ("true", "false"):
        raise UserError(f"cannot filter by trial={value}", "use true or false")
    return lambda container, _status: (container.spec.trial is not None) is (value == "true")


def _publish(engine: Engine, value: str) -> Test:
    wanted = _ports(value)
    return lambda container, _status: any(
        (port.host, port.protocol) in wanted for port in _listing.published(engine, container)
    )


def _expose(_engine: Engine, value: str) -> Test:
    wanted = _ports(value)

    def test(container: Container, _status: Status) -> bool:
        words = (word.partition("/") for word in _listing.exposed(container))
        inside = {(int(number), protocol) for number, _, protocol in words}
        return bool(wanted & (inside | {(port.container, port.protocol) for port in container.spec.ports}))

    return test


def _ports(value: str) -> set[tuple[int, str]]:
    numbers, _, protocol = value.partition("/")
    first, _, last = numbers.partition("-")
    if not first.isdigit() or not (last or first).isdigit():
        raise UserError(f"cannot filter by the port {value!r}", "use PORT[/PROTOCOL] or FIRST-LAST[/PROTOCOL]")
    return {(number, protocol or "tcp") for number in range(int(first), int(last or first) + 1)}


KEYS: dict[str, Callable[[Engine, str], Test]] = {
    "id": _id,
    "name": _name,
    "label": _label,
    "exited": _exited,
    "status": _status,
    "trial": _trial,
    "ancestor": _ancestor,
    "before": _before,
    "since": _since,
    "volume": _volume,
    "network": _network,
    "publish": _publish,
    "expose": _expose,
    "health": _health,
}
