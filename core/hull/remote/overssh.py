"""A verb at a host that has hull, by ssh itself: its streams, terminal, signals and exit code are the caller's.

Files that the words name are the caller's where Docker's client would read or write them: they go by standard input and
output. What could only be the other machine's by mistake is refused. A command waits for what is imported here: light.
"""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from hull.commands import _carried
from hull.commands._line import Call
from hull.contexts import ssh
from hull.contexts.context import Context
from hull.errors import HostError
from hull.light import Any
from hull.log import Events
from hull.output import Piece
from hull.remote import spelling, taking
from hull.remote.taking import Taken

NOISE = ("Shared connection to", "Connection to", "Warning: Permanently added", "ControlSocket", "mux_client")


def carry(context: Context, runtime: str, call: Call, events: Events) -> Any:
    """Return what the front runs; cp speaks the API with the server that hull is over there."""
    assert call.verb is not None  # noqa: S101 (help is never carried)
    if call.verb.name == "cp":
        from hull.remote import carrying
        from hull.remote.there import There

        return carrying.ask(There(context, runtime, events), call)
    return Passing(context, runtime, taking.taken(call), call.verb.name)


class Passing:
    """A prepared run at the other end; a front knows it by `passed`."""

    def __init__(self, context: Context, runtime: str, taken: Taken, verb: str) -> None:
        self._context = context
        self._runtime = runtime
        self._taken = taken
        self._verb = verb
        self._mark = os.urandom(8).hex()
        self._sent = 0
        self._started: subprocess.Popen[bytes] | None = None
        self._begun = threading.Event()  # it was started, or will not be

    def argv(self, *options: str) -> list[str]:
        """Return ssh's whole command."""
        address = self._context.address
        words = _carried.pack(spelling.spelt(self._taken.call))
        head = ssh.argv(address, self._runtime, *options, "-e", "none")
        return [*head, "env", f"{_carried.MARK}={self._mark}", address.path or "hull", "--context", "default", *words]

    def passed(self, stdout: Any = None, stderr: Any = None) -> int:
        """Run it with the caller's streams to its end; return the exit code."""
        with ExitStack() as stack:
            source: Any = stack.enter_context(self._taken.stdin()) if self._taken.stdin else None
            if source is None and stdout is not None:
                source = subprocess.DEVNULL
            log = stack.enter_context(ssh.log())
            out = subprocess.PIPE if self._taken.output or self._taken.cidfile else stdout
            terminal = source is None and out is None and all(map(os.isatty, (0, 1, 2)))
            typed = source is None and os.isatty(0)
            apart = not typed and ssh.is_kept(self._context.address, self._runtime)
            group = 0 if apart else None  # else Ctrl-C would end ssh before the program there
            words = self.argv("-t" if terminal else "-T", "-E", f"/proc/{os.getpid()}/fd/{log.fileno()}")
            sys.stdout.flush()
            try:
                started = subprocess.Popen(words, stdin=source, stdout=out, stderr=stderr, process_group=group)
            except OSError as error:
                raise HostError(f"cannot start ssh: {error.strerror}", "apt install openssh-client") from None
            self._started = started
            self._begun.set()
            with self._forwarding(started, terminal=terminal):
                if started.stdout is not None:
                    from hull.remote.collecting import collect

                    collect(started, started.stdout, self._taken)
                code = started.wait()
            log.seek(0)
            return self._settled(code, log.read().decode(errors="replace"))

    def pieces(self) -> Iterator[Piece]:
        """Yield what it writes, without input and terminal: for a notebook. Whoever leaves, by Ctrl-C say, ends it."""
        from hull.remote import noting

        try:
            yield from noting.pieces(self._verb, self.passed, self._begun.set)
        except BaseException:
            self._begun.wait()  # what it writes may come before the thread that starts it goes on
            if self._started is not None and self._started.poll() is None:
                self._send(signal.SIGINT, self._started)
            raise

    @contextmanager
    def _forwarding(self, started: "subprocess.Popen[bytes]", *, terminal: bool) -> Iterator[None]:
        """Let signals reach the program there; a terminal's own go through it."""

        def forward(number: int, _frame: object) -> None:
            self._send(number, started)

        before = {}
        own = threading.current_thread() is threading.main_thread()
        for number in () if not own else (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
            before[number] = signal.signal(number, signal.SIG_IGN if terminal else forward)
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _send(self, number: int, started: "subprocess.Popen[bytes]") -> None:
        """Send a signal to the program there; where that fails, to ssh."""
        self._sent = number
        head = ssh.argv(self._context.address, self._runtime, "-T", *ssh.BATCH)
        program, name = self._context.address.path or "hull", signal.Signals(number).name
        words = [*head, program, "--context", "default", _carried.SIGNAL, self._mark, name]
        null = subprocess.DEVNULL
        done = subprocess.run(words, stdin=null, stdout=null, stderr=null, check=False, start_new_session=True)
        if done.returncode:
            started.send_signal(number)

    def _settled(self, code: int, said: str) -> int:
        """Return the exit code, or raise what ssh says of its own."""
        lines = [line for line in said.splitlines() if line.strip() and not line.startswith(NOISE)]
        if code == ssh.FAILED and lines:
            raise ssh.failure(self._context.name, self._context.address, "\n".join(lines))
        if code in (ssh.FAILED, -self._sent) and self._sent:
            return 128 + self._sent
        if code == ssh.MISSING and not self._is_there():
            raise HostError(
                f"cannot use the context {self._context.name}: hull is not there, or not in its PATH",
                f"hull context update {self._context.name} ssh://HOST/PATH/TO/hull, or --docker host=ssh://HOST",
            )
        return code if code >= 0 else 128 - code

    def _is_there(self) -> bool:
        head = ssh.argv(self._context.address, self._runtime, "-T", *ssh.BATCH)
        null = subprocess.DEVNULL
        words = [*head, self._context.address.path or "hull", "version"]
        return subprocess.run(words, stdin=null, stdout=null, stderr=null, check=False).returncode != ssh.MISSING
