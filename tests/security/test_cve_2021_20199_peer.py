"""Published traffic seems to come from 127.0.0.1, which services trust."""

import re
import socket
import urllib.request

import pytest

from tests.cases.conftest import Up

SERVE = """
    mkdir /w; echo hello >/w/index.html
    httpd -f -vv -p 8080 -h /w &
    until grep -q :1F90 /proc/net/tcp /proc/net/tcp6; do :; done
    echo up; wait
"""


def _outer_address() -> str:
    """Return an address of this machine that is not loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            pytest.skip("no address but loopback")
        return str(probe.getsockname()[0])


@pytest.mark.needs("tun")
@pytest.mark.parametrize("backend", ["slirp4netns", "pasta"])
def test_cve_2021_20199_a_remote_client_is_not_local(up: Up, backend: str) -> None:
    address = _outer_address()
    with socket.socket() as free:
        free.bind((address, 0))
        port = free.getsockname()[1]
    container = up("cve-peer", SERVE, "--network", backend, "-p", f"{address}:{port}:8080")
    with urllib.request.urlopen(f"http://{address}:{port}/", timeout=20) as answer:
        assert answer.read() == b"hello\n"
    line = container.stderr.readline().decode()
    peer = re.search(r"\[(?:::ffff:)?([0-9a-f.:]+)\]:\d+", line)
    assert peer, line
    assert not peer.group(1).startswith("127."), line
    assert peer.group(1) != "::1"
