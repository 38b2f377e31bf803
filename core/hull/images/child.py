"""Run `hull.images.unpacker` confined, feed it, and read its one answer."""

import os
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress

from hull import errors
from hull.errors import Bug, HostError
from hull.light import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from subprocess import Popen

Confine = Callable[..., "Popen[bytes]"]
_PIPE_BYTES = 1 << 20


def run(confine: Confine, flavour: str, words: list[str], chunks: Iterable[bytes] = ()) -> dict[str, Any]:
    """Return the child's answer after it has read all `chunks`. Its errors are raised here; it never outlives this."""
    import json
    import subprocess

    argv = [sys.executable, "-P", "-m", "hull.images.unpacker", *words]
    pipe = subprocess.PIPE
    child = confine(argv, flavour, stdin=pipe, stdout=pipe, stderr=pipe, bufsize=0)
    try:
        _feed(child, chunks)
        _end_input(child)
        output, said = child.communicate()
    except BaseException:
        child.kill()
        _end_input(child)
        child.communicate()
        raise
    try:
        answer = json.loads(output)
    except ValueError:
        raise _silent(child.returncode, said) from None
    if "error" in answer:
        raise getattr(errors, answer["kind"])(answer["error"], answer["hint"])
    return dict(answer)


def _feed(child: "Popen[bytes]", chunks: Iterable[bytes]) -> None:
    import fcntl

    assert child.stdin is not None  # noqa: S101 (asked for above)
    fd = child.stdin.fileno()
    with suppress(OSError):  # over the user's pipe quota: smaller is only slower
        fcntl.fcntl(fd, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
    try:
        for chunk in chunks:
            view = memoryview(chunk)
            while view:
                view = view[os.write(fd, view) :]
    except BrokenPipeError:
        pass  # it has said why on standard output


def _end_input(child: "Popen[bytes]") -> None:
    if child.stdin is not None:
        child.stdin.close()
        child.stdin = None


def _silent(code: int, said: bytes) -> errors.HullError:
    last = said.decode(errors="backslashreplace").strip().rpartition("\n")[2][-400:]
    if b"Traceback" in said:
        return Bug(f"the unpacker failed: {last}", "report it with this message")
    return HostError(f"cannot unpack: the confined child ended with {code}: {last or 'no word'}", "hull doctor")


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
