"""hull logs: what a detached container wrote."""

import time
from collections.abc import Iterator

from hull.commands import _times
from hull.commands._verb import Flag, Word
from hull.engine import Engine
from hull.errors import UserError
from hull.light import Annotated
from hull.log import Event
from hull.output import Piece
from hull.state.containers import Container
from hull.state.logs import Log
from hull.state.records import Wanted
from hull.state.status import Status


def logs(
    engine: Engine,
    container: Annotated[str, Word("name or id", complete="container")],
    *,
    follow: Annotated[bool, Flag("go on until the container ends", "f")] = False,
    tail: Annotated[str, Flag("only the last lines", "n", "N|all")] = "all",
    since: Annotated[str, Flag("only what was written at or after this", metavar="TIME|SPAN")] = "",
    until: Annotated[str, Flag("only what was written before this", metavar="TIME|SPAN")] = "",
    timestamps: Annotated[bool, Flag("put its time before each line", "t")] = False,
    details: Annotated[bool, Flag("put before each line what --log-opt labels and env named")] = False,
) -> Iterator[Piece]:
    """Print what a container wrote, its standard error on standard error."""
    row = engine.containers.find(container)
    wanted = asked(row, since, until, tail, timestamps=timestamps, details=details)
    return _read(engine, row, wanted, follow=follow, output=-1 if engine.resident else 1)


def asked(row: Container, since: str, until: str, tail: str, *, timestamps: bool, details: bool) -> Wanted:
    """Return what these flags want of a container's log."""
    now = time.time()
    return Wanted(
        _times.moment(since, "--since", now),
        _times.moment(until, "--until", now),
        lines(tail),
        timestamps,
        _details(row) if details else b"",
    )


def opened(engine: Engine, row: Container, wanted: Wanted) -> Log:
    """Return the log to read; where there will be none, say why."""
    directory = engine.paths.container(row.id)
    if not Log.kept(directory):
        _require(row, engine.containers.status(row))
    return Log(directory, wanted, lambda text: engine.events(Event("warning", row.name, text)))


def recent(engine: Engine, container: str, lines: int, output: int) -> Iterator[Piece]:
    """Return the last lines, then what comes, until the container ends or nobody reads the pipe `output`.

    What ends it by the pipe is BrokenPipeError, at once.
    """
    return _read(engine, engine.containers.find(container), Wanted(tail=lines), follow=True, output=output)


def _read(engine: Engine, row: Container, wanted: Wanted, *, follow: bool, output: int) -> Iterator[Piece]:
    log = opened(engine, row, wanted)
    if follow and engine.containers.status(row).active:
        return log.follow(lambda: engine.containers.status(row).active, output)
    return log.read()


def lines(text: str) -> int:
    """Read --tail as Docker does: all, or anything below 0, is no bound."""
    if text == "all":
        return -1
    try:
        return max(-1, int(text))
    except ValueError:
        raise UserError(f"cannot take {text!r} for --tail", "write a number of lines, or all") from None


def _require(row: Container, status: Status) -> None:
    """Say why there is no log where there will be none."""
    if row.spec.log_driver == "none":
        raise UserError(
            f"cannot read the log of {row.name}: it was asked to keep none (--log-driver none)",
            "leave that out, and start the container anew",
        )
    if status.launcher.pid and not status.monitor.pid:
        verb = "runs" if status.active else "ran"
        raise UserError(
            f"cannot read the log of {row.name}: it {verb} in the foreground, and its output went where it was started",
            "hull run -d keeps a log, and so does hull start of a container that has ended; or hull run … | tee FILE",
        )


def _details(row: Container) -> bytes:
    """Return what --details puts before a line: the labels and variables that --log-opt names, and a blank."""
    from urllib.parse import quote_plus

    options = dict(word.partition("=")[::2] for word in row.spec.log_options)
    labels = dict(word.partition("=")[::2] for word in (*row.config.labels, *row.spec.labels))
    environ = dict(word.partition("=")[::2] for word in (*row.config.env, *row.spec.env))
    shown = {
        key: values[key]
        for option, values in (("labels", labels), ("env", environ))
        for key in options.get(option, "").split(",")
        if key in values
    }
    words = [f"{quote_plus(key)}={quote_plus(shown[key])}" for key in sorted(shown)]
    return f"{','.join(words)} ".encode()
