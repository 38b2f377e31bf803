"""The same container on both sides, hull's and podman's: started detached, asked inside, removed at the end."""

import contextlib
import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

from bench.place import Place

IMAGE = "net"  # busybox whose libraries are this machine's
USR = ("-v", "/usr:/usr:ro")
PATIENCE = 20.0  # seconds until a server answers


class Tool(NamedTuple):
    """How one of the two is asked: its argv for words, and the environment it needs."""

    name: str
    words: tuple[str, ...]
    env: dict[str, str]

    def run(self, *words: str) -> str:
        """Run to the end; return its output, or raise with what it said."""
        argv = [*self.words, *words]
        done = subprocess.run(argv, env=self.env, capture_output=True, text=True, timeout=120, check=False)
        if done.returncode:
            raise RuntimeError(f"{self.name} {' '.join(words[:3])}: {(done.stderr or done.stdout).strip()[-200:]}")
        return done.stdout

    @contextlib.contextmanager
    def container(self, name: str, *words: str) -> Iterator[str]:
        """Keep a container of the net image while the block runs."""
        flags = ("--cgroups=disabled",) if self.name == "podman" else ()
        try:
            self.run("run", "-d", "--name", name, *flags, *USR, *words)
            yield name
        finally:
            with contextlib.suppress(RuntimeError):
                self.run("rm", "-f", name)

    def address(self, name: str, network: str) -> str:
        """Return a container's address on a named network."""
        document: list[dict[str, Any]] = json.loads(self.run("inspect", name))
        return str(document[0]["NetworkSettings"]["Networks"][network]["IPAddress"])


def tools(place: Place) -> tuple[Tool, Tool]:
    """Return hull and podman."""
    return Tool("hull", tuple(place.hull.argv()), place.hull.env()), Tool(
        "podman", tuple(place.podman()), dict(os.environ)
    )


def free_port() -> int:
    """Return a number that nobody listens on at the moment."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def connect(port: int) -> socket.socket:
    """Return a connection to a published port that has answered a request, delays switched off."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            connection = socket.create_connection(("127.0.0.1", port), timeout=5)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.sendall(b"?")
            if connection.recv(1) == b"?":
                return connection
            connection.close()
        except OSError:
            pass
        if time.monotonic() > deadline:
            raise RuntimeError(f"nothing answers on port {port}")
        time.sleep(0.05)
