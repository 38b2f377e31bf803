"""Start a backend for real, without a container: what the doctor and the backends' tests lean on.

Run as `python -m hull.network.trial BACKEND DIRECTORY [COMMAND…]`, as root of a user namespace: makes a network
namespace, starts the helper as the launcher would, runs the command in it (by default, looks for a default route).
Exit 0 is success; otherwise the last line printed is the reason. Everything dies with its own pid namespace.
"""

import os
import subprocess
import sys
import time
from collections.abc import Sequence

from hull import log
from hull.kernel import syscalls as sc
from hull.kernel.features import Host
from hull.model import Port, Spec
from hull.network import Networks, forwarding, routes
from hull.paths import Paths

TIMEOUT = 10.0
LAUNCHER = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "bin", "hull-launch")


class Trial:
    """One network namespace with its helper. To be made by the first process of a pid namespace."""

    def __init__(self, backend: str, directory: str, ports: tuple[Port, ...] = ()) -> None:
        host = Host(Paths(directory, directory, directory))
        self.attachment = Networks(host, log.silent).attach(Spec("", network=backend, ports=ports), directory)
        self.pid = _hold_namespace()
        self.alive, self._exit = os.pipe()
        self._ready = -1
        self._start()

    def inside(self, command: Sequence[str]) -> int:
        """Run a command in the network namespace; return its exit code."""
        child = os.fork()
        if child == 0:
            self.enter()
            os.execvp(command[0], list(command))  # noqa: S606 (a trial's own words)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

    def enter(self) -> None:
        """Move this process into the network namespace."""
        fd = os.open(f"/proc/{self.pid}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        sc.setns(fd, sc.CLONE_NEWNET)

    def _start(self) -> None:
        ops = self.attachment.ops
        heads = [number for number, op in enumerate(ops) if op[0] == "helper"]
        for first, end in zip(heads, [*heads[1:], len(ops)], strict=True):
            self._start_one(ops[first][1:], [op[1] for op in ops[first:end] if op[0] == "helper-arg"])
        for op in ops:
            if op[0] == "helper-request":
                _ask(op[1], op[2])

    def _start_one(self, head: tuple[str, ...], asked: list[str]) -> None:
        ready, self._ready = os.pipe()
        words = [self._fill(word) for word in asked]
        by_exit, program = head[1] == "exit", None
        if words[0] == forwarding.WORD:  # by its other name: the launcher's own file, which leaves a process behind
            words, by_exit, program = ["hull-forward", *words[1:3], *words[4:]], True, LAUNCHER
        fds = (self._ready, self.alive)
        helper = subprocess.Popen(words, executable=program, pass_fds=fds, stdin=subprocess.DEVNULL, stdout=sys.stderr)
        os.close(self._ready)
        up = helper.wait(TIMEOUT) == 0 if by_exit else os.read(ready, 1) != b""
        if not up:
            raise OSError(0, f"{head[0]} ended with exit code {helper.wait(TIMEOUT)}")

    def _fill(self, word: str) -> str:
        values = {"@PID": str(self.pid), "@NETNS": f"/proc/{self.pid}/ns/net", "@READY": str(self._ready)}
        values["@EXIT"] = str(self.alive)
        head, equals, tail = word.partition("=")
        return values.get(word) or (f"{head}={values[tail]}" if equals and tail in values else word)


def isolate() -> None:
    """Continue as the first process of a pid namespace that shows itself in /proc; the caller's exit code is its."""
    sc.unshare(sc.CLONE_NEWPID | sc.CLONE_NEWNS)
    sc.mount(b"none", b"/", b"", sc.MS_REC | sc.MS_PRIVATE)
    child = os.fork()
    if child:
        os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) & 0xFF)
    sc.mount(b"proc", b"/proc", b"proc", sc.MS_NOSUID | sc.MS_NODEV | sc.MS_NOEXEC)


def _hold_namespace() -> int:
    """Return the pid of a child that keeps a new network namespace until the pid namespace ends."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        try:
            sc.unshare(sc.CLONE_NEWNET)
            os.write(writer, b"x")
        finally:
            os.close(writer)
            time.sleep(3600)
    os.close(writer)
    if not os.read(reader, 1):
        raise OSError(0, "cannot make a network namespace")
    return pid


def _ask(path: str, text: str) -> None:
    import socket

    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(path)
        connection.sendall(text.encode())
        connection.shutdown(socket.SHUT_WR)
        reply = connection.recv(4096).decode(errors="replace")
    if "error" in reply:
        raise OSError(0, reply)


def _look(trial: Trial) -> int:
    trial.enter()
    if not any(routes.read()):
        print("the network came up without a default route")  # noqa: T201 (the parent reads it)
        return 1
    return 0


def main(backend: str, directory: str, *command: str) -> int:
    """Try one backend."""
    try:
        isolate()
        trial = Trial(backend, directory)
        return trial.inside(command) if command else _look(trial)
    except Exception as error:  # noqa: BLE001 (whatever it is, it is the answer)
        print(getattr(error, "strerror", None) or error)  # noqa: T201
        return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
