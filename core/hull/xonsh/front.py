"""`hull` as xonsh resolves it."""

import os
import sys
import threading
from collections.abc import Callable

from hull.light import Any
from hull.xonsh.caller import caller
from hull.xonsh.completing import Completing
from hull.xonsh.inline import INLINE, Inline
from hull.xonsh.starting import Native, Start, named_group

INSTANT = ("ps", "images", "inspect", "completion", "version", "--help", "-h", "help", "--version")


class Hull:
    """Run rootless containers."""

    return_what = "command"
    __name__ = "hull"

    def __init__(self, shell: Any) -> None:
        self.shell = shell
        self.inline = Inline(self)
        self.completing = Completing(shell)
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
