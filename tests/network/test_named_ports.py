"""Ports published by a container that is on two named networks: reached from everywhere, the client's address kept."""

import urllib.request

import pytest
from hull.network import routes

from tests.town import Town
from tests.waiting import until

pytestmark = [pytest.mark.real, pytest.mark.single_id, pytest.mark.as_root, pytest.mark.needs("tun")]
WHO = r"#!/bin/sh\necho\necho $REMOTE_ADDR\n"
SERVE = f"cd /tmp; mkdir cgi-bin; printf '{WHO}' >cgi-bin/who; chmod +x cgi-bin/who; exec httpd -f -p 80"


def web(town: Town, *networks: str) -> tuple[str, int]:
    """Start a server that tells its clients their addresses; return its name and port."""
    name = town.name()
    words = [word for network in networks for word in ("--network", network)]
    town.cli("run", "-d", "--name", name, *words, "-p", "80", "busybox", "sh", "-c", SERVE, check=True)
    place = town.cli("port", name, "80", check=True).stdout.decode().splitlines()[0]
    return name, int(place.rpartition(":")[2])


def told(address: str, port: int) -> str:
    """Return what a client of this machine is told, once somebody answers."""
    said = []

    def answers() -> bool:
        try:
            with urllib.request.urlopen(f"http://{address}:{port}/cgi-bin/who", timeout=5) as reply:
                said.append(reply.read().decode().strip())
        except OSError:
            return False
        return True

    until(answers)
    return plain(said[-1])


def plain(address: str) -> str:
    """Return an address as IPv4 writes it, where httpd listens on IPv6 for both."""
    return address.strip("[]").removeprefix("::ffff:")


@pytest.mark.parametrize("front", [(), ("--internal",)])
def test_a_port_on_two_networks(town: Town, front: tuple[str, ...]) -> None:
    one, two = town.network(*front), town.network()
    name, port = web(town, one, two)
    outside = routes.outside()
    if not outside:
        pytest.skip("no address but loopback")
    assert told(outside, port) == outside
    assert told("127.0.0.1", port) not in ("", outside)
    for network in (one, two):
        asks = town.server("--network", network)
        line = f"wget -qO- http://{name}/cgi-bin/who"
        assert plain(town.inside(asks, line).strip()) == town.address(asks, network)


def test_a_port_stays_while_networks_come_and_go(town: Town) -> None:
    one, two = town.network(), town.network()
    name, port = web(town, one, two)
    assert told("127.0.0.1", port)
    town.cli("network", "disconnect", one, name, check=True)
    assert told("127.0.0.1", port)
    town.cli("network", "connect", one, name, check=True)
    town.cli("network", "disconnect", two, name, check=True)
    assert told("127.0.0.1", port)
