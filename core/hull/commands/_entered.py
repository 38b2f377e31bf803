"""A container that somebody is in: what runs in it next, and how it is left as it was found."""

import os
import signal
import stat
import time

from hull.commands import exec as exec_
from hull.commands._container import HOST
from hull.commands._recipe import Ran
from hull.engine import Engine
from hull.errors import HullError, UserError
from hull.light import TYPE_CHECKING, Any, NamedTuple
from hull.runtime import ops, plan
from hull.runtime.launch import Launch
from hull.runtime.ops import Op
from hull.state.containers import Container

if TYPE_CHECKING:
    from subprocess import Popen

PATIENCE = 10.0  # seconds for the end of a container that runs nothing


class Command(NamedTuple):
    """One command to run inside: `steps` are its streams and arguments, as ops; `noted` is how a recipe tells it."""

    noted: tuple[str, ...]
    steps: tuple[Op, ...]
    env: tuple[str, ...] = ()
    passed: tuple[str, ...] = ()
    workdir: str = ""
    tty: bool = False


class Entered:
    """One entered container. `holder` keeps it up and ends with this process; `started` is whether its own program was.

    Neither is where it ran already.
    """

    def __init__(
        self, engine: Engine, row: Container, *, holder: "Popen[bytes] | None", started: bool, new: bool = False
    ) -> None:
        self.engine = engine
        self.row = row
        self.env: tuple[str, ...] = ()
        self.user = ""
        self.new = new
        self._holder = holder
        self._started = started

    @property
    def alive(self) -> bool:
        """Whether commands can run in it."""
        try:
            return self.engine.containers.status(self.row).up
        except HullError:
            return False

    def launch(self, command: Command) -> Launch:
        """Return the start of a command."""
        noted = Ran(command.noted, (*self.env, *command.env), command.workdir, self.user)
        ran = noted._replace(env=(*self.env, *command.passed, *command.env))
        made = exec_.prepared(self.engine, self.row, ran, command.steps, tty=command.tty, noted=noted)
        return Launch(ops.encode(made), ("hull", "exec", self.row.name, *command.noted), self.row.id)

    def where(self, workdir: str, words: tuple[Op, ...] = ()) -> tuple[str, str]:
        """Return the directory inside that one argument names, or else the working directory; and HOME.

        Found by the program's user itself: what it may not enter is refused as it would be.
        """
        from subprocess import DEVNULL, PIPE

        status = self.engine.containers.status(self.row)
        ran = Ran((), self.env, workdir, self.user)
        steps = exec_.execution(self.engine, self.row, status, ran, (*words, ("stand-in", "where")))
        launch = Launch(ops.encode(steps), ("hull", "exec", self.row.name), self.row.id)
        child = self.engine.spawn(launch, stdin=DEVNULL, stdout=PIPE, stderr=PIPE)
        out, told = child.communicate()
        if child.returncode:
            raise UserError(told.decode(errors="replace").partition("\n")[0].removeprefix("hull: ") or "it has ended")
        found, home = out.split(b"\0")[:2]
        return os.fsdecode(found), os.fsdecode(home)

    def has(self, directories: list[str], name: str) -> bool:
        """Whether one of the directories inside holds a program of that name, as far as this process may look."""
        from hull.kernel import syscalls

        try:
            pid = self.engine.containers.status(self.row).init.pid
            root = os.open(f"/proc/{pid}/root", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        except (HullError, OSError):
            return True
        try:
            for directory in directories:
                try:
                    place = os.path.join(directory, name).encode()
                    found = syscalls.openat2(root, place, os.O_PATH, 0, syscalls.RESOLVE_IN_ROOT)
                except (FileNotFoundError, NotADirectoryError):
                    continue
                except OSError:
                    return True
                mode = os.fstat(found).st_mode
                os.close(found)
                if stat.S_ISREG(mode) and mode & 0o111:
                    return True
        finally:
            os.close(root)
        return False

    def environment(self) -> dict[str, str]:
        """Return the variables that every program inside has, HOME left out where the container's passwd decides."""
        spec = self.row.spec._replace(env=(*self.row.spec.env, *self.env))
        return plan.environment(spec, self.row.config, spec.host_name(self.row.id))

    @property
    def host(self) -> bool:
        """Whether its root is this machine."""
        return self.row.spec.image == HOST

    def promise(self) -> str:
        """Say what leaving will do."""
        name = self.row.name
        if self.row.spec.trial is not None and self._holder is not None:
            return f"in {name}, a try: exit stops it, hull diff {name} tells what it changed"
        if self.row.remove:
            return f"in {name} (new, of {self.row.spec.image}): exit removes it"
        if self.new:
            return f"in {name} (new, of {self.row.spec.image}): exit stops it, hull enter {name} comes back"
        if self._holder is not None or self._started:
            return f"in {name} (it was not running): exit stops it again"
        return f"in {name}: exit leaves it running"

    def leave(self) -> str:
        """Bring the container back to how it was found; return what became of it, where that is worth a word."""
        if self._holder is not None:
            self._release(self._holder)
        elif self._started and self.alive:
            from hull.commands.stop import end

            end(self.engine, self.row, None, None)
        else:
            return ""
        if self.row.remove:
            self.engine.containers.forget_if_gone(self.row)
            return ""
        if self.row.spec.trial is not None:
            return f"hull diff {self.row.name}, hull keep {self.row.name}, hull drop {self.row.name}"
        return f"{self.row.name} is stopped; hull enter {self.row.name} comes back, hull rm {self.row.name} removes it"

    def _release(self, holder: "Popen[bytes]") -> None:
        import subprocess

        holder.send_signal(signal.SIGTERM)
        try:
            holder.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            holder.kill()
            holder.wait()
        self._holder = None


def hold(engine: Engine, row: Container, steps: list[Any], title: str) -> "Popen[bytes]":
    """Start a container that waits, in a session of its own; return once it stands. It does not outlive this thread."""
    from subprocess import DEVNULL, PIPE

    from hull.commands import _start
    from hull.errors import HostError

    told = os.memfd_create("hull-told", os.MFD_CLOEXEC)
    try:
        environ = {**os.environ, "HULL_TIED": str(os.getpid())}
        streams = {"stdin": DEVNULL, "stdout": PIPE, "stderr": told}
        launch = _start.prepared(steps, ("hull", "enter", title), row.id)
        holder = engine.spawn(launch, env=environ, start_new_session=True, cwd="/", **streams)
        try:
            if _stands(holder):
                _note(engine, row)
                return holder
        except BaseException:
            holder.terminate()  # somebody would not wait: it removes what it made
            raise
        code = holder.wait()
        lines = os.pread(told, 4096, 0).decode(errors="replace").splitlines() or ["cannot start: nothing was said"]
    finally:
        os.close(told)
    error = HostError(lines[0].removeprefix("hull: "), "\n".join(lines[1:]))
    error.exit_code = code if code > 0 else 128 - code
    raise error


def _note(engine: Engine, row: Container) -> None:
    """Say that the container's own program does not run this time: nothing that happens is its doing."""
    from contextlib import suppress

    from hull.state import status

    with suppress(FileNotFoundError):  # it has ended, and was removed
        status.append(engine.paths.container(row.id), "idle", time.time())


def _stands(holder: "Popen[bytes]") -> bool:
    """Wait until the container stands; False: it never will."""
    assert holder.stdout is not None  # noqa: S101 (it is a pipe)
    with holder.stdout as ready:
        return bool(ready.read(1))
