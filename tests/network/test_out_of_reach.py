"""What no container reaches unless asked: this machine's loopback, abstract names, metadata services, uplinks' sockets.

Tests show the way open, too, where it was asked for: what is refused was there.
"""

import pytest

from tests.capabilities import missing
from tests.network.estates import NEEDS, Estate, backend, estate  # noqa: F401 (fixtures)
from tests.security.test_no_cve_egress import attacker  # noqa: F401 (a fixture)

pytestmark = [pytest.mark.real, pytest.mark.needs(*NEEDS), pytest.mark.single_id]


def test_the_loopback(estate: Estate, backend: str) -> None:  # noqa: F811 (fixtures)
    ways = ("127.0.0.1", "::1", "10.0.2.2", "198.51.100.1", "fd00::2", "2001:db8::1", "host.docker.internal")
    assert estate.greeted("--network", backend, of=ways) == set()
    assert estate.greets("--network", backend, "--host-loopback", of=ways[-1:]) == {"127.0.0.1"}
    assert estate.greets("--network", "host", of=ways[:2]) == {"127.0.0.1", "::1"}


def test_the_loopback_by_ipv6(estate: Estate) -> None:  # noqa: F811 (a fixture)
    if missing("program:slirp4netns"):
        pytest.skip("slirp4netns is not installed")
    flags = ("--network", "slirp4netns:enable_ipv6=true,allow_host_loopback=")
    assert estate.greeted(flags[0], f"{flags[1]}false", of=("fd00::2",)) == set()
    assert estate.greets(flags[0], f"{flags[1]}true", of=("fd00::2",)) == {"::1"}


def test_metadata_services(estate: Estate, backend: str) -> None:  # noqa: F811 (fixtures)
    more = ":enable_ipv6=true" if backend == "slirp4netns" else ""
    ways = ("169.254.169.254", *(("fd00:ec2::254",) if more else ()))  # a pasta of 2023 leads to none on loopback
    flags = ("--network", backend + more)
    assert estate.greeted(*flags, of=ways) == set()
    assert estate.greets(*flags, "--link-local", of=ways) == {*ways}


def test_metadata_services_from_a_named_network(estate: Estate) -> None:  # noqa: F811 (a fixture)
    estate.hull("network", "create", "town")
    try:
        flags = ("--network", "town")
        assert estate.greeted(*flags, of=("169.254.169.254", "198.51.100.5")) == {"198.51.100.5"}
        assert estate.greets(*flags, "--link-local", of=("169.254.169.254",)) == {"169.254.169.254"}
    finally:
        estate.hull("network", "rm", "town")


def test_a_name_server_among_them_answers_alone(estate: Estate) -> None:  # noqa: F811 (a fixture)
    way = ("169.254.169.254",)
    assert estate.greets("--dns", "169.254.169.254", of=way) == {"169.254.169.254"}
    assert estate.greeted("--dns", "169.254.169.253", of=way) == set()


def test_abstract_names(estate: Estate, attacker: str) -> None:  # noqa: F811 (a fixture)
    words = ("-v", f"{attacker}:/attacker:ro", "busybox", "/attacker", "meet", "hull-estate")
    assert estate.ask("run", "--rm", *words)[1] == "ECONNREFUSED\n"
    assert estate.ask("run", "--rm", "--network", "host", *words)[1] == "ok\n"


def test_the_uplinks_own_sockets(estate: Estate) -> None:  # noqa: F811 (a fixture)
    """A port of udp gives slirp4netns a socket for requests, one of tcp gives the forwarder one."""
    if missing("program:slirp4netns"):
        pytest.skip("slirp4netns is not installed")
    words = ("-p", "53/udp", "-p", "80", "--network", "slirp4netns", "--name", "served", "busybox", "sleep", "1000")
    ident = estate.hull("run", "-d", *words)[0]
    place = f"{estate.store}/run/{ident[:16]}"
    look = ("sh", "-c", "find / -xdev -type s; cat /proc/net/unix")
    try:
        assert "slirp" not in str(estate.hull("exec", "served", *look))
        seen = estate.hull("run", "--rm", "-v", f"{place}:/s", "busybox", "find", "/s", "-type", "s")
        assert {*seen} == {"/s/slirp", "/s/ports"}
    finally:
        estate.hull("rm", "-f", "served")
