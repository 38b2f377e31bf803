"""What a detached plan holds more than an ordinary one: the monitor's ops, and the events' attributes. Pure."""

from hull.light import NamedTuple
from hull.model import Health, Image, Spec
from hull.runtime import control
from hull.runtime.ops import INHERITED, Op
from hull.units import read_size

GRACE = 10.0  # seconds between the stop signal and SIGKILL, where nobody says
SHELL = ("/bin/sh", "-c")
DEFAULTS = Health((), 30.0, 30.0, 3, 0.0, 5.0)


class Client(NamedTuple):
    """The monitor's end of a connection that is at the streams from the first byte on; options as `Control.attach`."""

    fd: int
    options: str = ""


class Detached(NamedTuple):
    """A start with a monitor. `attach` are the options of the client that stays in the foreground, None for none."""

    attach: str | None = None
    clients: tuple[Client, ...] = ()


def monitor(spec: Spec, image: Image, directory: str, detached: Detached) -> list[Op]:
    """Return the monitor's ops, as they stand after the plan's `status` and `events`."""
    from hull.runtime import signals

    policy, _, most = spec.restart.partition(":")
    options = dict(word.split("=", 1) for word in spec.log_options)
    size, files = options.get("max-size", "-1"), options.get("max-file", "1")
    grace = GRACE if spec.stop_timeout is None else spec.stop_timeout
    return [
        ("monitor", control.path(directory)),
        *([("attach", control.path(directory), detached.attach)] if detached.attach is not None else []),
        *(("client", f"{INHERITED}{client.fd}", client.options) for client in detached.clients),
        *([("input",)] if spec.interactive else []),
        ("log", spec.log_driver or "json-file", f"{directory}/log.json", str(max(0, read_size(size))), files),
        ("restart", policy, most or "0"),
        ("stop", str(signals.number(spec.stop_signal or "TERM")), str(control.milliseconds(grace))),
        *_health_ops(health(spec, image), image.shell or SHELL),
    ]


def attach(spec: Spec, directory: str, options: str) -> list[Op]:
    """Return the plan of a client of a running monitor."""
    return [("attach", control.path(directory), options), ("terminal", "tty" if spec.tty else "inherit")]


def health(spec: Spec, image: Image) -> Health | None:
    """Return the check that is in force, every field said; what the user says wins over the image."""
    asked, found = spec.health or Health(), image.health or Health()
    merged = Health._make(mine or theirs or usual for mine, theirs, usual in zip(asked, found, DEFAULTS, strict=True))
    return merged if merged.command and merged.command[0] != "NONE" else None


def probe(check: Health, shell: tuple[str, ...] = SHELL) -> tuple[str, ...]:
    """Return the argv of a check; CMD-SHELL is for `shell`, the image's or the usual one."""
    kind, *words = check.command
    return (*shell, *words) if kind == "CMD-SHELL" else tuple(words)


def _health_ops(check: Health | None, shell: tuple[str, ...]) -> list[Op]:
    if check is None:
        return []
    interval, timeout, period, start = (
        str(round(seconds * 1000))
        for seconds in (check.interval, check.timeout, check.start_period, check.start_interval)
    )
    return [
        ("health", interval, timeout, str(check.retries), period, start),
        *(("health-arg", word) for word in probe(check, shell)),
    ]


def attributes(spec: Spec, name: str) -> dict[str, str]:
    """Return what events tell of a container: image, name, labels."""
    labels = (word.partition("=") for word in spec.labels)
    return {**{key: value for key, _, value in labels}, "image": spec.image, "name": name}
