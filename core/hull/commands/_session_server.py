"""`hull serve --session`: a server that is there while a shell is, and the shell's DOCKER_HOST."""

import os

from hull.commands import _serving
from hull.engine import Engine
from hull.errors import UserError
from hull.light import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from subprocess import Popen

HOST = "DOCKER_HOST"
PASSED = ("idle", "limits")  # flags of serve's that a session's server has, too


class SessionServer:
    """At most one server of this process; it ends with `close`, and with the process whatever way that ends.

    It is spawned, not forked, and holds nothing of the shell's but a pipe whose end is its own.
    """

    def __init__(self) -> None:
        self._server: Popen[bytes] | None = None
        self._environ: Any = None
        self._before: Any = None
        self.url = ""

    def start(self, engine: Engine, environ: Any, flags: dict[str, Any]) -> str:
        """Start it, unless it runs; set DOCKER_HOST in the shell's variables; return a line that says so."""
        other = sorted(flags.keys() - {"session", *PASSED})
        if other:
            raise UserError(
                f"cannot use --{other[0]} together with --session: the shell's own server has no use for it"
            )
        if self._server is None or self._server.poll() is not None:
            path = f"{engine.paths.runtime}/session-{os.getpid()}.sock"
            words = [f"--{name}={flags.get(name, usual)}" for name, usual in (("idle", "0"), ("limits", "refuse"))]
            self._server = _serving.spawn(path, *words, leash=True)
            self.url = f"unix://{path}"
        if self._environ is None:
            self._environ, self._before = environ, environ.get(HOST)
        environ[HOST] = self.url
        return f"{HOST}={self.url}, until this shell ends"

    def close(self) -> None:
        """End it, and give the shell back what DOCKER_HOST was, unless somebody has set it since."""
        if self._server is None:
            return
        if self._environ.get(HOST) == self.url:
            if self._before is None:
                del self._environ[HOST]
            else:
                self._environ[HOST] = self._before
        assert self._server.stdin is not None  # noqa: S101 (spawn gives it)
        self._server.stdin.close()
        self._server.wait()
        self._server = self._environ = None
