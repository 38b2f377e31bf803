"""The xonsh front: `hull` resolves to a native command before xonsh starts anything.

run and exec resolve to the launcher, spawned by xonsh itself with the plan in a memfd: pipes, `$(…)`, `&`, Ctrl-Z and
exit codes are xonsh's own. Verbs that answer at once run in the shell; every other verb resolves to the hull command,
because a Python alias cannot be interrupted.
"""

import contextlib
import itertools
import os
import sys
import threading
from collections.abc import Callable, Iterator

from xonsh.procs.specs import DecoratorAlias

from hull.light import Any

INLINE = "_hull_py"
INSTANT = ("ps", "images", "inspect", "completion", "version", "--help", "-h", "help", "--version")
FAILED = 125


class Native(DecoratorAlias):  # type: ignore[misc]
    """Let xonsh run the command on the terminal itself; only `!(…)` needs its reader thread."""

    def decorate_spec(self, spec: Any) -> None:
        """Choose between a plain process and a read one, before xonsh does."""
        spec.force_threadable = spec.captured == "object"


class Start(Native):
    """Spawn what run or exec prepared in place of the command xonsh holds."""

    def __init__(self, hull: "Hull", launch: Any) -> None:
        self._hull = hull
        self._launch = launch

    def decorate_spec_pre_run(self, _pipeline: Any, spec: Any, _number: int) -> None:
        """Wrap the class that xonsh is about to call; nothing stays open in the shell."""
        inner = spec.cls

        def popen(_command: list[str], **options: Any) -> Any:
            return self._hull.spawn(self._launch, popen=inner, **options)

        spec.cls = popen


class Hull:
    """Run rootless containers."""

    return_what = "command"
    __name__ = "hull"

    def __init__(self, shell: Any) -> None:
        self.shell = shell
        self.inline = Inline(self)
        self._engine: Any = None
        self._lock = threading.RLock()
        self._pids: set[int] = set()
        self.handlers: dict[str, Callable[..., None]] = {}

    def engine(self) -> Any:
        """Return this shell's engine, made when first needed."""
        with self._lock:
            if self._engine is None:
                from hull.engine import Engine
                from hull.progress import Progress

                self._engine = Engine(events=Progress(sys.__stderr__ or sys.stderr))
            return self._engine

    def __call__(self, args: list[str], decorators: list[Any] | None = None, **_: Any) -> list[str]:
        """Return the command that xonsh runs for `hull args`. Without arguments it must do nothing: xonsh asks so."""
        from hull.commands._line import read

        if not args or args[0] in INSTANT:
            return [INLINE, *args]
        try:
            call = read(args)
            if call.verb is None:
                return [INLINE, *args]
            decorators = [] if decorators is None else decorators
            if not call.verb.launches:
                decorators.append(Native())
                return [sys.executable, "-P", "-m", "hull", *args]
            value = self._prepare(call)
            if not call.starts(value):
                return self.inline.keep(value)
            decorators.append(Start(self, value))
            return [self.engine().launcher(), *value.words[1:]]
        except (Exception, SystemExit) as error:  # noqa: BLE001 (SystemExit here would end the shell)
            return self.inline.keep(error)

    def _prepare(self, call: Any) -> Any:
        with self._lock, caller(self.shell.env.detype()):
            engine = self.engine()
            engine.keep()
            try:
                return call(lambda: engine)
            finally:
                engine.events.close()

    def spawn(self, launch: Any, **options: Any) -> Any:
        """Start the launcher the way xonsh would have started the command."""
        from xonsh.tools import XonshError

        from hull.errors import HullError

        try:
            process = self.engine().spawn(launch, **named_group(options), close_fds=True)
        except HullError as error:
            raise XonshError(f"hull: {error.message} ({error.hint})") from None
        self._pids.add(process.pid)
        return process

    def prompt(self) -> str | None:
        """Return how many containers of this shell are alive, for `{hull}` in $PROMPT; None where none is."""
        self._pids = {pid for pid in self._pids if os.path.exists(f"/proc/{pid}")}
        return str(len(self._pids)) if self._pids else None

    def close(self) -> None:
        """Let go of the session and the database."""
        with self._lock:
            if self._engine is not None:
                self._engine.close()
                self._engine = None


class Inline:
    """The part of `hull` that answers inside the shell: values, help and failures."""

    __name__ = INLINE

    def __init__(self, hull: Hull) -> None:
        self._hull = hull
        self._kept: dict[str, Any] = {}
        self._numbers = itertools.count()

    def keep(self, value: Any) -> list[str]:
        """Return the command that shows a value (or raises a failure) which is already there."""
        key = f"--kept={next(self._numbers)}"
        self._kept[key] = value
        return [INLINE, key]

    def __call__(self, args: list[str], _stdin: Any = None, stdout: Any = None, stderr: Any = None, **_: Any) -> int:
        """Show what a line asks for; the exit code is hull's."""
        from hull.commands._line import read
        from hull.present import explain, show

        output, row = "", None
        try:
            if args and args[0] in self._kept:
                value = self._taken(args[0])
            else:
                call = read(args)
                output, row = call.output, call.row
                value = call(self._hull.engine)
            if value is not None:
                show(value, stdout or sys.stdout, output, row)
        except Exception as error:  # noqa: BLE001 (the edge)
            if done := getattr(error, "done", None):
                show(done, stdout or sys.stdout, output, row)
            (stderr or sys.stderr).write(f"{explain(error)}\n")
            return int(getattr(error, "exit_code", FAILED))
        return int(getattr(value, "exit_code", 0))

    def _taken(self, key: str) -> Any:
        kept = self._kept.pop(key)
        if isinstance(kept, BaseException):
            raise kept
        return kept

    def xonsh_complete(self, command: Any, **_: Any) -> Iterator[Any]:
        """Complete a line that begins with hull; xonsh finds this because `hull` alone resolves here."""
        from xonsh.completers.tools import RichCompletion

        from hull.commands._complete import FILES, candidates

        words = [word.value for word in command.args[1 : command.arg_index]]
        for found in candidates(words, command.prefix, self._hull.engine):
            if found is not FILES:
                yield RichCompletion(
                    found.text, description=found.about, append_space=True, prefix_len=len(command.prefix)
                )


def named_group(options: dict[str, Any]) -> dict[str, Any]:
    """Return Popen's options with xonsh's code between fork and exec replaced by the process group that it joins.

    Without such code Python starts a child by vfork, whatever the shell's size. What else the code does, a handler of
    SIGTSTP, ends with the exec. Code that is not xonsh's own is left as it is.
    """
    from xonsh.procs import specs

    code = options.get("preexec_fn")
    kept = {key: value for key, value in options.items() if key not in ("preexec_fn", "close_fds")}
    if code is None:
        return kept
    if code is getattr(specs, "no_pg_xonsh_preexec_fn", None):
        return {**kept, "process_group": 0}
    if getattr(getattr(code, "__code__", None), "co_freevars", None) == ("pipeline_group",):
        return {**kept, "process_group": code.__closure__[0].cell_contents}
    return {**kept, "preexec_fn": code}


@contextlib.contextmanager
def caller(environ: dict[str, str]) -> Iterator[None]:
    """Let hull see the shell's variables as a command would: xonsh keeps them to itself."""
    saved = dict(os.environ)
    os.environ.clear()
    os.environ.update(environ)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(saved)


def suspend_repair() -> Callable[..., None]:
    """Return an on_precommand handler that gives the terminal its Ctrl-Z back.

    xonsh takes the suspend character away while it reads a captured command and can restore the taken-away state.
    """
    import termios

    try:
        saved = termios.tcgetattr(0)[6][termios.VSUSP]
    except (termios.error, OSError):
        saved = b"\0"

    def repair(**_: Any) -> None:
        with contextlib.suppress(termios.error, OSError):
            now = termios.tcgetattr(0)
            if saved != b"\0" and now[6][termios.VSUSP] == b"\0":
                now[6][termios.VSUSP] = saved
                termios.tcsetattr(0, termios.TCSANOW, now)

    return repair
