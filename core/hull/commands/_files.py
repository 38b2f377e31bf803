"""A container's files, running or not, for cp, diff, export, commit and prune: which view, and the child that sees it.

The child is hull.images.files. A running container's files are seen by a process that has entered its user namespace
and nothing else of it: no program and no library of the container is ever loaded (CVE-2019-14271).
"""

import os
import sys
from collections.abc import Callable, Generator
from contextlib import suppress

from hull.commands._container import HOST
from hull.engine import Engine
from hull.errors import UserError
from hull.images.files import View
from hull.light import IO, TYPE_CHECKING, Any
from hull.model import Mount
from hull.state.containers import Container
from hull.state.processes import Process

if TYPE_CHECKING:
    from subprocess import Popen

CHUNK = 1 << 18
COMPOSING = ("layer", "changes")
LIVE = ("running", "paused", "stopping")


class Files:
    """The files of one container as its root sees them."""

    def __init__(self, engine: Engine, row: Container) -> None:
        self._engine, self._row = engine, row
        self._identity = engine.identity(row.spec.userns)
        self._directory = engine.paths.container(row.id)
        self.flavour = self._identity.layer_flavour

    def live(self, *, writable: bool = False) -> "Child":
        """Return the view that cp needs: the running container's own, mounts included, else its stopped tree's."""
        status = self._engine.containers.status(self._row)
        if status.state in LIVE and status.init.pid:
            return Child(self._engine, View(self._label, f"/proc/{status.init.pid}/root"), self.flavour, status.init)
        self._layered("reach the files of")
        binds = tuple(filter(None, map(self._bind, self._row.spec.mounts)))
        work = f"{self._directory}/work" if writable else ""
        return self._stacked(View(self._label, binds=binds, work=work))

    def still(self, verb: str) -> "Child":
        """Return the view of the container's own layer over its image, what is mounted left out."""
        self._layered(verb)
        return self._stacked(View(self._label))

    def upper(self) -> "Child":
        """Return the view of the container's own layer alone."""
        return self._stacked(View(self._label))

    @property
    def _label(self) -> str:
        return f"{self._row.name}:"

    def _stacked(self, view: View) -> "Child":
        fuse = self._row.spec.image != HOST and self._identity.flavour == "keep-id"
        from hull.trials import history
        from hull.trials.walking_placeholders import PATHS

        own = history.own(self._engine, self._row)
        view = view._replace(
            lowers=self._row.config.layers or ("/",),
            frozen=own.frozen,
            upper=own.upper,
            skipped=PATHS,
            fuse=fuse,
        )
        return Child(self._engine, view, self.flavour, None)

    def _layered(self, verb: str) -> None:
        if not self._row.config.layers:
            raise UserError(
                f"cannot {verb} {self._row.name}: below its own changes it is this machine itself",
                f"hull diff {self._row.name} lists the changes; hull cp works while it runs",
            )

    def _bind(self, mount: Mount) -> tuple[str, str, bool] | None:
        source = mount.source
        if mount.kind == "volume":
            source = f"{self._engine.paths.volumes}/{mount.source}/_data"
        elif mount.kind != "bind":
            return None
        return (source, mount.target, mount.readonly) if os.path.isdir(source) else None


class Child:
    """One look at a view: `run` for an answer, `stream` for bytes."""

    def __init__(self, engine: Engine, view: View, flavour: str, inside: Process | None) -> None:
        self._engine, self._view, self._flavour, self._inside = engine, view, flavour, inside

    @property
    def running(self) -> bool:
        """Whether it looks into a running container."""
        return self._inside is not None

    def run(self, action: str, *words: str, feed: Callable[[IO[bytes]], None] | None = None) -> dict[str, Any]:
        """Return the child's answer; `feed` writes its standard input."""
        started = self._start(action, *words, stdin=-1, stdout=-3)
        try:
            assert started.stdin is not None  # noqa: S101 (asked for above)
            with suppress(BrokenPipeError):  # it says why itself
                if feed is not None:
                    feed(started.stdin)
            with suppress(BrokenPipeError):
                started.stdin.close()
            return _answer(started)
        except BaseException:
            _end(started)
            raise
        finally:
            self._clear()

    def stream(self, action: str, *words: str) -> Generator[bytes]:
        """Yield what the child writes; its failure is raised at the end of it."""
        started = self._start(action, *words, stdin=-3, stdout=-1)
        try:
            assert started.stdout is not None  # noqa: S101 (asked for above)
            while chunk := os.read(started.stdout.fileno(), CHUNK):
                yield chunk
            self.answer = _answer(started)
        except BaseException:
            _end(started)
            raise
        finally:
            self._clear()

    def _start(self, action: str, *words: str, **options: Any) -> "Popen[bytes]":
        import json

        if self._view.frozen and action in COMPOSING:
            self._view = self._view._replace(scratch=self._scratch())
        argv = [sys.executable, "-P", "-m", "hull.images.files", action, json.dumps(self._view._asdict()), *words]
        options = {"stderr": -1, **options}
        if self._inside is None:
            return self._engine.confine(argv, self._flavour, **options)
        return _enter(self._inside, argv, **options)

    def _scratch(self) -> str:
        """Return an empty directory for the child to put the container's own layers together in."""
        from hull.storage import overlay

        place = f"{self._engine.paths.scratch}/own-{os.urandom(12).hex()}"
        os.mkdir(place, 0o700)
        owner = overlay.owner_of(self._engine.confined(self._flavour))
        if owner:
            os.chown(place, *owner)
        return place

    def _clear(self) -> None:
        if self._view.scratch:
            from hull.trials import freezing

            freezing.remove(self._engine, self._flavour, self._view.scratch)


def _enter(process: Process, argv: list[str], **options: Any) -> "Popen[bytes]":
    """Start a program as root of a running container's user namespace; everything else stays the caller's."""
    from hull.runtime import launch, ops, reach

    plan: list[ops.Op] = [("join", str(process.pid), str(process.start), "user")]
    if os.geteuid() == 0:
        plan += reach.ops(reach.python())
    plan += [("env", f"{key}={value}") for key, value in os.environ.items() if key != launch.PLAN_FD]
    plan += [("arg", word) for word in argv]
    return launch.spawn(launch.Launch(ops.encode(plan), ("hull-files", *argv)), **options)


def _answer(child: "Popen[bytes]") -> dict[str, Any]:
    from hull.images import answers

    assert child.stderr is not None  # noqa: S101 (asked for above)
    said = child.stderr.read()
    doing, cannot = "reading a container's files", "cannot reach the container's files"
    return answers.heard(said, child.wait(), doing, cannot, "hull ps -a")


def _end(child: "Popen[bytes]") -> None:
    """End a child whose reader or writer gives up."""
    for pipe in (child.stdin, child.stdout, child.stderr):
        if pipe is not None:
            with suppress(BrokenPipeError):
                pipe.close()
    child.kill()
    child.wait()
