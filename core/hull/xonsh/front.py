"""`hull` as xonsh resolves it."""

import sys
import threading

from hull.light import Any
from hull.xonsh.caller import caller
from hull.xonsh.completing import Completing
from hull.xonsh.entering import Entering
from hull.xonsh.inline import INLINE, Inline
from hull.xonsh.registering import Registered
from hull.xonsh.starting import Native, Pull, Start, named_group
from hull.xonsh.telling import Telling

INSTANT = ("ran", "ps", "images", "inspect", "completion", "version", "--help", "-h", "help", "--version")


class Hull:
    """Run rootless containers."""

    return_what = "command"
    __name__ = "hull"

    def __init__(self, shell: Any) -> None:
        self.shell = shell
        self.inline = Inline(self)
        self.entering = Entering(self)
        self.completing = Completing(shell, self.entering.here)
        self.telling = Telling(shell, self.engine)
        self.registered = Registered()
        self._engine: Any = None
        self._server: Any = None
        self._lock = threading.RLock()

    def engine(self) -> Any:
        """Return this shell's engine, made when first needed."""
        with self._lock:
            if self._engine is None:
                from hull.engine import Engine
                from hull.progress import Progress

                with caller(self.shell.env.detype()):
                    self._engine = Engine(events=Progress(sys.__stderr__ or sys.stderr))
            return self._engine

    def __call__(self, args: list[str], decorators: list[Any] | None = None, **_: Any) -> list[str]:
        """Return the command that xonsh runs for `hull args`. Without arguments it must do nothing: xonsh asks so."""
        if not args or not self._is_elsewhere(args):
            return self._here(args, [] if decorators is None else decorators)
        if decorators is not None:
            decorators.append(Native())
        return [sys.executable, "-P", "-m", "hull", *args]

    def _here(self, args: list[str], decorators: list[Any]) -> list[str]:
        if not args or args[0] in INSTANT:
            return [INLINE, *args]
        self.telling.settle()
        try:
            call = self.read(args)
            if call.verb is None:
                return [INLINE, *args]
            if not (call.verb.launches or call.flags.get("session")):
                pulls = call.verb.name == "pull" and self.telling.listens("on_hull_pull")
                decorators.append(Pull(self, call.words[0]) if pulls else Native())
                return [sys.executable, "-P", "-m", "hull", *args]
            value = {"enter": self.entering.enter, "serve": self._serve}.get(call.verb.name, self._prepare)(call)
            if not call.starts(value):
                self.telling.detached(call, value)
                return self.inline.keep(value)
            decorators.append(Start(self, value))
            return [self.engine().launcher(), *value.words[1:]]
        except (Exception, SystemExit) as error:  # noqa: BLE001 (SystemExit here would end the shell)
            return self.inline.keep(error if isinstance(error, Exception) else RuntimeError(f"SystemExit: {error}"))

    def read(self, args: list[str]) -> Any:
        """Return the call that a line asks for; `ran` is about the shell and so no verb of the command line's."""
        from hull.commands import _line, _verb

        if args[:1] != ["ran"]:
            return _line.read(args)
        from hull.xonsh import ran

        return _line.parse(_verb.derive(ran.NAME, ran.verb(self.shell)), args[1:])

    def _is_elsewhere(self, args: list[str]) -> bool:
        """Whether another engine carries the line out, in a process of its own; a line that is wrong is told here."""
        try:
            with caller(self.shell.env.detype()):
                call = self.read(args)
                if not call.elsewhere:
                    return False
                from hull.remote import carrying

                return not carrying.is_here(call)
        except (Exception, SystemExit):  # noqa: BLE001 (whoever reads it next says what is wrong)
            return False

    def _serve(self, call: Any) -> list[str]:
        """Serve Docker's API for as long as the shell lives."""
        with self._lock, caller(self.shell.env.detype()):
            if self._server is None:
                from hull.commands._session_server import SessionServer

                self._server = SessionServer()
            return [self._server.start(self.engine(), self.shell.env, call.flags)]

    def _prepare(self, call: Any) -> Any:
        with self._lock, caller(self.shell.env.detype()):
            engine = self.engine()
            engine.keep()
            try:
                with self.telling.missing(call):
                    return call(lambda: engine)
            finally:
                engine.events.close()

    def spawn(self, launch: Any, **options: Any) -> Any:
        """Start the launcher the way xonsh would have started the command."""
        from xonsh.tools import XonshError

        from hull.errors import HullError

        try:
            return self.engine().spawn(launch, **named_group(options), close_fds=True)
        except HullError as error:
            raise XonshError(f"hull: {error.message} ({error.hint})") from None

    def prompt(self) -> str | None:
        """Return the entered container, else in how many something of this shell runs: `{hull}` in $PROMPT; or None."""
        if self.entering.scopes:
            return str(self.entering.scopes)
        count = len(self.telling.containers())
        return str(count) if count else None

    def close(self, **_: Any) -> None:
        """Leave what is entered, tell what has ended, let go of the session and the database."""
        self.entering.close()
        self.telling.settle()
        with self._lock:
            if self._server is not None:
                self._server.close()
            if self._engine is not None:
                self._engine.close()
                self._engine = None
