"""A server of hull's API as a test talks to it: raw requests, and the real docker client."""

import contextlib
import http.client
import json
import os
import shutil
import socket
import subprocess
import tempfile
from typing import Any, NamedTuple

from tests import waiting
from tests.commandline import CommandLine, Done, run

READY = b"export DOCKER_HOST="
FAULT = "hull serve: "  # what the server writes of a request that found a defect


class Reply(NamedTuple):
    """A whole answer."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self) -> Any:
        """Return the body's document."""
        return json.loads(self.body)

    @property
    def lines(self) -> list[Any]:
        """Return the documents of a stream of them."""
        return [json.loads(line) for line in self.body.splitlines() if line.strip()]

    @property
    def message(self) -> str:
        """Return an error's words."""
        return str(self.json["message"])


class Wire(http.client.HTTPConnection):
    """HTTP over a unix socket."""

    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("hull", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class Server:
    """`hull serve` over a store, on a socket of its own; it goes with `close`."""

    def __init__(self, cli: CommandLine, *words: str, idle: str = "0", env: dict[str, str] | None = None) -> None:
        self.cli = cli
        self.home = tempfile.mkdtemp(prefix="api-", dir=os.path.dirname(cli.root))
        self.path = f"{self.home}/d.sock"
        self.url = f"unix://{self.path}"
        with open(self.log, "wb") as log:
            self.process = cli.popen("serve", "-H", self.url, "--idle", idle, *words, stdin=subprocess.DEVNULL,
                                     stdout=subprocess.PIPE, stderr=log, env=env)  # fmt: skip
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line.startswith(READY), (line, self.said())

    @property
    def log(self) -> str:
        """Where the server's standard error goes."""
        return f"{self.home}/log"

    def said(self) -> str:
        """Return the server's standard error."""
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return file.read()

    def faults(self) -> list[str]:
        """Return what the server wrote of requests that found a defect of its own."""
        return [line for line in self.said().splitlines() if line.startswith((FAULT, "Traceback"))]

    def wire(self, timeout: float = 60) -> Wire:
        """Return a connection for several requests; the caller closes it."""
        return Wire(self.path, timeout)

    def connect(self) -> socket.socket:
        """Return a raw connection."""
        made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        made.settimeout(60)
        made.connect(self.path)
        return made

    def request(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Reply:
        """Return the whole answer to one request; a body that is not bytes is sent as JSON."""
        sent = dict(headers or {})
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            sent.setdefault("Content-Type", "application/json")
        with contextlib.closing(self.wire()) as wire:
            wire.request(method, path, body, sent)
            answer = wire.getresponse()
            return Reply(answer.status, answer.headers, answer.read())

    def env(self, **extra: str) -> dict[str, str]:
        """Return the environment of a client of this server: no settings of the caller's."""
        left = {name: value for name, value in os.environ.items() if not name.startswith("DOCKER_")}
        return {**left, "DOCKER_HOST": self.url, "DOCKER_CONFIG": f"{self.home}/config", **extra}

    def docker(self, *words: str, env: dict[str, str] | None = None, check: bool = False, **options: Any) -> Done:
        """Run the docker client to its end, as CommandLine runs hull."""
        return run(["docker", *words], env or self.env(), check=check, **options)

    def close(self) -> None:
        """End it, cleanly though the machine is busy; what its containers are is the caller's."""
        self.process.terminate()
        try:
            assert self.process.wait(waiting.PATIENCE) == 0, self.said()
        finally:
            self.process.kill()
            self.process.wait()
            if self.process.stdout:
                self.process.stdout.close()
        shutil.rmtree(self.home, ignore_errors=True)
