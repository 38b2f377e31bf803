"""What a program on one network tries against another, and against its own: the ways round a switch."""

import os
import subprocess

import pytest

from tests.security.test_no_cve_egress import ADMINISTERS, attacker, outcomes  # noqa: F401 (a fixture)
from tests.town import Town
from tests.waiting import until

pytestmark = [pytest.mark.real, pytest.mark.single_id, pytest.mark.as_root]
PORT = "4444"
POWERS = ("--cap-add=ALL", "--security-opt=seccomp=unconfined")


@pytest.fixture
def armed(attacker: str) -> tuple[str, ...]:  # noqa: F811 (a fixture)
    """Give the flags of a container with an attacker in it, with every power that can be given."""
    return ("-v", f"{attacker}:/attacker:ro", *POWERS)


def listener(town: Town, *words: str) -> str:
    """Start a container that prints what it hears."""
    name = town.name()
    town.cli("run", "-d", "--name", name, *words, "busybox", "/attacker", "listen", PORT, check=True)
    until(lambda: b"ready" in town.cli("logs", name, check=True).stdout)
    return name


def heard(town: Town, name: str) -> list[str]:
    return town.cli("logs", name, check=True).stdout.decode().split()[1:]


def test_what_is_shouted_stays_on_its_network(town: Town, armed: tuple[str, ...]) -> None:
    one, two = town.network("--internal", "--ipv6"), town.network("--internal", "--ipv6")
    near, far = listener(town, "--network", one, *armed), listener(town, "--network", two, *armed)
    addresses = [town.given(far, two)[key] for key in ("IPAddress", "GlobalIPv6Address", "Gateway", "IPv6Gateway")]
    words = ("run", "--rm", "--network", one, *armed, "busybox", "/attacker", "shout", "eth0", PORT)
    town.cli(*words, "secret", *addresses, check=True)
    until(lambda: heard(town, near).count("secret") == 3, lambda: heard(town, near))
    town.cli(*words[:3], two, *words[4:], "end", check=True)
    until(lambda: heard(town, far).count("end") == 3, lambda: heard(town, far))
    assert set(heard(town, far)) == {"end"}


def test_a_member_of_two_networks_is_no_router(town: Town, armed: tuple[str, ...]) -> None:
    one, two = town.network("--internal"), town.network("--internal")
    both = town.server("--network", one, "--network", two, *armed)
    assert town.inside(both, "cat /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv6/conf/all/forwarding").split() == [
        "0",
        "0",
    ]
    done = town.cli("exec", both, "/attacker", "eth0")
    assert outcomes(done.stdout)[0]["sysctl"] in ("EACCES", "EPERM", "EROFS")


def test_a_member_cannot_forge_or_listen_in(town: Town, armed: tuple[str, ...]) -> None:
    """No raw or packet socket: no ARP, no other's address, no neighbour's traffic; and no new link."""
    net = town.network("--internal")
    done = town.cli("run", "--rm", "--network", net, *armed, "busybox", "/attacker", "eth0", check=True)
    tries, _ = outcomes(done.stdout)
    assert not {
        name: tries[name] for name in (*ADMINISTERS, "pair-back", "owner", "packet-dgram") if tries[name] == "ok"
    }


def test_abstract_sockets_are_of_one_network(town: Town, armed: tuple[str, ...]) -> None:
    net, name = town.network("--internal"), f"hull-{os.getpid()}"
    box = town.name()
    town.cli("run", "-d", "--name", box, "--network", net, *armed, "busybox", "/attacker", "bind", name, check=True)
    until(lambda: b"ready" in town.cli("logs", box, check=True).stdout)

    def meets(*words: str) -> bytes:
        done: subprocess.CompletedProcess[bytes] = town.cli(
            "run", "--rm", *words, *armed, "busybox", "/attacker", "meet", name
        )
        return done.stdout

    assert meets("--network", f"container:{box}") == b"ok\n"
    assert meets("--network", net) == b"ECONNREFUSED\n"
    assert meets("--network", "none") == b"ECONNREFUSED\n"


def test_what_a_network_leaves_behind_is_not_another_ones(town: Town) -> None:
    """An address that is free again is given to somebody; the names of who had it are gone by then."""
    net = town.network("--internal")
    first, witness = town.server("--network", net), town.server("--network", net)
    address = town.address(first, net)
    town.cli("rm", "-f", first, check=True)
    second = town.server("--network", net, "--ip", address)
    assert town.asks(witness, address) == second
    assert first not in town.hosts(witness)
