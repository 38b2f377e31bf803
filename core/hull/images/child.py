"""The confined child, `hull.images.unpacker`: started, given its orders, and asked for its answers."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress

from hull.errors import Bug, HostError, HullError
from hull.images import answers
from hull.light import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from subprocess import Popen
    from typing import Self

Confine = Callable[..., "Popen[bytes]"]
_PIPE_BYTES = 1 << 20
_MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(16 << 20), "MALLOC_TRIM_THRESHOLD_": str(32 << 20)}
"""For glibc: a decoder's pieces, each of up to 1 MiB, take memory that is there already, not fresh pages each time."""


class Child:
    """One child that carries out one order after another; for one thread at a time."""

    def __init__(self, confine: Confine, flavour: str) -> None:
        import fcntl
        import subprocess

        argv = [sys.executable, "-P", "-m", "hull.images.unpacker"]
        pipe = subprocess.PIPE
        self._process = confine(argv, flavour, env={**os.environ, **_MEMORY}, stdin=pipe, stdout=pipe, stderr=pipe)
        with suppress(OSError):  # over the user's pipe quota: smaller is only slower
            fcntl.fcntl(self._stdin, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)

    @property
    def _stdin(self) -> int:
        assert self._process.stdin is not None  # noqa: S101 (asked for above)
        return self._process.stdin.fileno()

    def ask(self, words: list[str], chunks: Iterable[bytes] = ()) -> dict[str, Any]:
        """Return the answer after the child has read all `chunks`. Its errors are raised here, and it ends with one."""
        import json

        from hull.images import orders

        try:
            orders.send(self._stdin, words, chunks)
            line = self._process.stdout.readline() if self._process.stdout else b""
        except BaseException:
            self.kill()
            raise
        try:
            answer: answers.Answer = json.loads(line)
        except ValueError:
            raise self._silent() from None
        if "error" in answer:
            self.close()
        return answers.taken(answer)

    def close(self) -> bytes:
        """Let the child end; return what it wrote on standard error, the first time."""
        return b"" if self._process.returncode is not None else self._process.communicate()[1]

    def kill(self) -> None:
        """End the child at once."""
        self._process.kill()
        self.close()

    def _silent(self) -> HullError:
        said = self.close()
        last = said.decode(errors="backslashreplace").strip().rpartition("\n")[2][-400:]
        if b"Traceback" in said:
            return Bug(f"the unpacker failed: {last}", "report it with this message")
        code = self._process.returncode
        return HostError(f"cannot unpack: the confined child ended with {code}: {last or 'no word'}", "hull doctor")


class Children:
    """Children of one flavour for several threads: as many as are lent at once, used again until the block ends."""

    def __init__(self, confine: Confine, flavour: str) -> None:
        self._confine, self._flavour = confine, flavour
        self._idle: list[Child] = []

    @contextmanager
    def lent(self) -> Iterator[Child]:
        """Lend a child; where the block fails, it goes."""
        try:
            child = self._idle.pop()
        except IndexError:
            child = Child(self._confine, self._flavour)
        try:
            yield child
        except BaseException:
            child.kill()
            raise
        self._idle.append(child)

    def __enter__(self) -> "Self":
        return self

    def __exit__(self, *_: object) -> None:
        while self._idle:
            self._idle.pop().close()


def run(confine: Confine, flavour: str, words: list[str], chunks: Iterable[bytes] = ()) -> dict[str, Any]:
    """Return the answer of a child that has this one order; it never outlives the call."""
    child = Child(confine, flavour)
    answer = child.ask(words, chunks)
    child.close()
    return answer


def outside_ids(confine: Confine, flavour: str) -> tuple[int, int]:
    """Return whom root of the confined user namespace is outside: (uid, gid)."""
    import subprocess

    pipe = subprocess.PIPE
    with confine(["/bin/sh", "-c", "echo $$; read -r _"], flavour, stdin=pipe, stdout=pipe) as child:
        line = child.stdout.readline().strip() if child.stdout else b""
        try:
            with open(f"/proc/{int(line)}/status", encoding="utf-8", errors="replace") as file:
                fields = dict(row.split(":", 1) for row in file if ":" in row)
        except (ValueError, OSError):
            raise HostError("cannot start a confined program", "hull doctor tells what this host lacks") from None
        finally:
            if child.stdin:
                child.stdin.close()
    return int(fields["Uid"].split()[0]), int(fields["Gid"].split()[0])
