"""Networks and containers with names of a test's own."""

import itertools
import json
import os
from typing import Any

from tests.commandline import CommandLine

NUMBERS = itertools.count()
SERVE = 'while true; do echo "$0" | nc -l -p 80; done'


class Town:
    """A store's networks as one test sees them."""

    def __init__(self, cli: CommandLine) -> None:
        self.cli = cli
        self.networks: list[str] = []
        self.containers: list[str] = []

    def network(self, *words: str) -> str:
        """Make a network; return its name."""
        self.networks.append(f"net-{os.getpid()}-{next(NUMBERS)}")
        self.cli("network", "create", *words, self.networks[-1], check=True)
        return self.networks[-1]

    def name(self) -> str:
        """Return a container's name that is free."""
        self.containers.append(f"box-{os.getpid()}-{next(NUMBERS)}")
        return self.containers[-1]

    def server(self, *words: str) -> str:
        """Start a container that answers on port 80 with its own name; return that."""
        name = self.name()
        self.cli("run", "-d", "--name", name, *words, "busybox", "sh", "-c", SERVE, name, check=True)
        return name

    def inside(self, container: str, line: str) -> str:
        """Return what a shell's line prints in a running container."""
        return self.cli("exec", container, "sh", "-c", line, check=True).stdout.decode()

    def asks(self, container: str, host: str, seconds: int = 10) -> str:
        """Return what the server at a name or address answers a container, "" if nothing in that time."""
        line = f"timeout {seconds} sh -c 'until nc -w1 {host} 80 </dev/null 2>/dev/null | grep .; do sleep 0.1; done'"
        return self.cli("exec", container, "sh", "-c", line).stdout.decode().strip()

    def refuses(self, container: str, host: str) -> bool:
        """Whether nothing at all answers at once: there is no way there."""
        return self.cli("exec", container, "sh", "-c", f"nc -w1 {host} 80 </dev/null").returncode != 0

    def given(self, container: str, network: str) -> dict[str, Any]:
        """Return what `inspect` says of a container on a network."""
        document = json.loads(self.cli("inspect", container, check=True).stdout)[0]
        found: dict[str, Any] = document["NetworkSettings"]["Networks"][network]
        return found

    def given_id(self, network: str) -> str:
        """Return a network's whole id."""
        found: str = json.loads(self.cli("network", "inspect", network, check=True).stdout)[0]["Id"]
        return found

    def address(self, container: str, network: str) -> str:
        """Return a container's IPv4 address on a network."""
        return str(self.given(container, network)["IPAddress"])

    def hosts(self, container: str) -> str:
        """Return its /etc/hosts."""
        return self.inside(container, "cat /etc/hosts")

    def close(self) -> None:
        """Remove whatever was made."""
        if self.containers:
            self.cli("rm", "-f", "-v", *self.containers, check=True)
        if self.networks:
            self.cli("network", "rm", "-f", *self.networks, check=True)
