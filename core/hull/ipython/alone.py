"""Verbs that want a process of their own: the docker client takes the one that it runs in, a server keeps it."""

import sys

from hull.commands._line import Call
from hull.light import Any

ALONE = ("docker", "serve")


def is_asked(call: Call) -> bool:
    """Whether a call is of such a verb."""
    return call.verb is not None and call.verb.name in ALONE


def server() -> Any:
    """Return what serves for as long as this shell lives."""
    from hull.commands._session_server import SessionServer

    return SessionServer()


def run(jobs: Any, words: list[str]) -> int | None:
    """Run the line in another process; its exit code, None where Ctrl-Z stopped it. A notebook (no jobs) shows it."""
    line = [sys.executable, "-P", "-m", "hull", *words]
    if jobs is not None:
        from hull.ipython.terminal import beside

        stopped_or_code: int | None = jobs.run(beside(line), " ".join(("hull", *words)))
        return stopped_or_code
    from subprocess import DEVNULL, PIPE, STDOUT, Popen

    with Popen(line, stdin=DEVNULL, stdout=PIPE, stderr=STDOUT) as made:
        assert made.stdout is not None  # noqa: S101 (asked for above)
        for piece in iter(made.stdout.read1, b""):  # type: ignore[attr-defined]  # it is buffered
            sys.stdout.write(piece.decode(errors="replace"))
            sys.stdout.flush()
    return made.returncode
