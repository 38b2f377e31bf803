"""B67: a published port answers on each loopback address, and only there."""

import http.client
import socket
import time

import pytest

from tests.capabilities import missing
from tests.cases.conftest import Up

ADDRESSES = ["127.0.0.1", "127.0.0.2", "::1"]


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
@pytest.mark.parametrize("backend", ["slirp4netns", "pasta"])
@pytest.mark.parametrize("address", ADDRESSES)
def test_b67_answers_on(up: Up, backend: str, address: str) -> None:
    if missing(f"program:{backend}"):
        pytest.skip(f"needs program:{backend}: it is not installed")
    port = _free(address)
    shown = f"[{address}]" if ":" in address else address
    publish = ("--network", backend, "-p", f"{shown}:{port}:8080")
    up("b67", "mkdir /www; echo served > /www/page; echo up; exec httpd -f -p 8080 -h /www", *publish)
    assert _fetch(address, port) == b"served\n"
    other = "127.0.0.3" if address != "::1" else "127.0.0.1"
    with pytest.raises(OSError), socket.create_connection((other, port), timeout=2):  # noqa: PT011 (which one differs)
        pass
