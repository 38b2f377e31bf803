"""B67: a published port answers on each loopback address, and only there."""

import http.client
import socket
import time

import pytest

from tests.capabilities import missing
from tests.cases.conftest import Up
from tests.commandline import CommandLine

WAYS = [
    ("slirp4netns", "127.0.0.1"),
    ("slirp4netns", "127.0.0.2"),
    ("pasta", "127.0.0.1"),
    ("pasta", "127.0.0.2"),
    ("pasta", "::1"),
    ("default", "127.0.0.1"),
    ("default", "::1"),
]


def _free(address: str) -> int:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as probe:
        probe.bind((address, 0))
        return int(probe.getsockname()[1])


def _fetch(address: str, port: int) -> bytes:
    """Ask until the server inside has bound its port: the container runs before that."""
    until = time.monotonic() + 10
    while True:
        connection = http.client.HTTPConnection(address, port, timeout=5)
        try:
            connection.request("GET", "/page")
            return connection.getresponse().read()
        except (OSError, http.client.HTTPException):
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
        finally:
            connection.close()


@pytest.mark.needs("tun")
@pytest.mark.parametrize(("backend", "address"), WAYS)
def test_b67_answers_on(up: Up, backend: str, address: str) -> None:
    if backend != "default" and missing(f"program:{backend}"):
        pytest.skip(f"needs program:{backend}: it is not installed")
    port = _free(address)
    shown = f"[{address}]" if ":" in address else address
    publish = ("--network", backend, "-p", f"{shown}:{port}:8080")
    up("b67", "mkdir /www; echo served > /www/page; echo up; exec httpd -f -p 8080 -h /www", *publish)
    assert _fetch(address, port) == b"served\n"
    other = "127.0.0.3" if address != "::1" else "127.0.0.1"
    with pytest.raises(OSError), socket.create_connection((other, port), timeout=2):  # noqa: PT011 (which one differs)
        pass


@pytest.mark.needs("tun", "program:slirp4netns")
def test_b67_what_a_backend_cannot_publish_is_refused(cli: CommandLine) -> None:
    done = cli("run", "--rm", "--network", "slirp4netns", "-p", "[::1]:0:8080", "busybox", "true")
    assert done.returncode == 125
    assert b"::1" in done.stderr
