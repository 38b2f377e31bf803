"""Containers on networks of one's own: who reaches whom, by which names, over which life."""

import json
import os
import re
import signal
import subprocess

import pytest

from tests.town import Town

pytestmark = [pytest.mark.real, pytest.mark.single_id, pytest.mark.as_root]


def test_members_meet_by_name_alias_and_short_id(town: Town) -> None:
    net = town.network("--internal")
    web = town.server("--network", f"{net}:alias=www", "--network-alias", "site", "--hostname", "shop")
    other = town.server("--network", net)
    ident = json.loads(town.cli("inspect", web, check=True).stdout)[0]["Id"][:12]
    for name in (web, "www", "site", "shop", ident, town.address(web, net)):
        assert town.asks(other, name) == web, name
    assert town.asks(web, other) == other


def test_a_members_own_name_is_its_address(town: Town) -> None:
    net = town.network("--internal")
    web = town.server("--network", net, "--hostname", "shop")
    assert town.inside(web, "hostname -i").split()[0] == town.address(web, net)


def test_two_networks_do_not_reach_each_other(town: Town) -> None:
    one, two = town.network("--internal"), town.network("--internal")
    web, other = town.server("--network", one), town.server("--network", two)
    both = town.server("--network", one, "--network", two)
    assert town.asks(both, web) == web
    assert town.asks(both, other) == other
    assert web not in town.hosts(other)
    address = town.address(web, one)
    assert town.refuses(other, address)
    town.inside(
        other, f"ip route add {address} via {town.address(both, two)} 2>&1 || true"
    )  # it may not, and it would not help
    assert town.refuses(other, address)


def test_interfaces_come_in_the_order_of_the_networks(town: Town) -> None:
    one, two = town.network("--internal"), town.network("--internal")
    box = town.server("--network", two, "--network", one)
    for interface, net in (("eth0", two), ("eth1", one)):
        assert f"inet {town.address(box, net)}/24" in town.inside(box, f"ip addr show {interface}")


def test_an_internal_network_has_no_way_out_and_publishes_nothing(town: Town) -> None:
    net = town.network("--internal")
    box = town.server("--network", net)
    assert "default" not in town.inside(box, "ip route")
    assert "tap0" not in town.inside(box, "ls /sys/class/net")
    done = town.cli("run", "--rm", "--network", net, "-p", "80", "busybox", "true")
    assert (done.returncode, b"internal" in done.stderr, b"hint" in done.stderr) == (125, True, True)


@pytest.mark.needs("tun", "program:slirp4netns")
def test_a_network_that_is_not_internal_leads_out_and_publishes(town: Town) -> None:
    net = town.network()
    web = town.server("--network", net, "-p", "127.0.0.1::80")
    assert "default" in town.inside(web, "ip route")
    place = town.cli("port", web, "80", check=True).stdout.decode().split()[0]
    assert ask(int(place.rpartition(":")[2])) == web


def ask(port: int) -> str:
    """Return what answers on a port of this machine; its server may need a moment."""
    import socket
    import time

    until = time.monotonic() + 10
    while time.monotonic() < until:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=2) as client:
                client.shutdown(socket.SHUT_WR)
                if answer := client.recv(100):
                    return answer.decode().strip()
        except OSError:
            continue
    return ""


@pytest.mark.needs("tun", "program:slirp4netns")
def test_connect_and_disconnect_while_it_runs(town: Town) -> None:
    out, back = town.network(), town.network("--internal")
    web, other = town.server("--network", out), town.server("--network", back)
    route = town.inside(web, "ip route | grep default")
    assert town.cli("network", "connect", "--alias", "inner", back, web, check=True).stdout == b""
    assert town.asks(other, "inner") == web
    assert town.asks(web, other) == other
    assert town.cli("network", "disconnect", out, web, check=True).stdout == b""
    assert "default" not in town.inside(web, "ip route")  # nothing but an internal one is left
    assert town.asks(web, other) == other
    town.cli("network", "connect", out, web, check=True)
    assert town.inside(web, "ip route | grep default") == route
    town.cli("network", "disconnect", back, web, check=True)
    assert web not in town.hosts(other)
    assert town.refuses(other, "inner")


@pytest.mark.needs("tun", "program:slirp4netns")
def test_the_usual_network_comes_and_goes_while_it_runs(town: Town) -> None:
    out, back = town.network(), town.network("--internal")
    web, lone, plain = town.server("--network", out), town.server("--network", back), town.server()
    route = town.inside(web, "ip route | grep default")
    town.cli("network", "connect", "bridge", web, check=True)
    assert json.loads(town.cli("inspect", web, check=True).stdout)[0]["NetworkSettings"]["Networks"].keys() == {
        "default",
        out,
    }
    town.cli("network", "disconnect", out, web, check=True)
    assert town.inside(web, "ip route | grep default") == route
    for box in (web, plain):
        town.cli("network", "disconnect", "default", box, check=True)
        assert "default" not in town.inside(box, "ip route")
        assert b"it is not on it" in town.cli("network", "disconnect", "-f", "bridge", box).stderr
    town.cli("network", "connect", "default", web, check=True)
    assert town.inside(web, "ip route | grep default") == route
    for box, words, said in (
        (web, (), b"it is on it"),
        (lone, (), b"without a way out"),
        (plain, ("--ip", "10.0.2.9"), b"ask for"),
    ):
        done = town.cli("network", "connect", *words, "default", box)
        assert (done.returncode, said in done.stderr) == (125, True), done.stderr
    town.cli("stop", "-t", "0", lone, check=True)
    town.cli("network", "connect", "default", lone, check=True)
    town.cli("start", lone, check=True)
    assert "default" in town.inside(lone, "ip route")


def test_a_link_is_a_name_that_one_container_alone_has(town: Town) -> None:
    net = town.network("--internal", "--subnet", "10.123.0.0/24", "--aux-address", "printer=10.123.0.2")
    db, web = town.server("--network", net), town.server("--network", town.network("--internal"))
    assert town.address(db, net) == "10.123.0.3"  # the second is reserved
    words = ("--link", f"{db}:base", "--link-local-ip", "169.254.8.8", "--driver-opt", "k=v")
    town.cli("network", "connect", *words, net, web, check=True)
    assert town.asks(web, "base") == db
    assert "base" not in town.hosts(db)
    assert town.hosts(web).count("base") == 1
    assert "169.254.8.8/16" in town.inside(web, "ip addr")
    found = town.given(web, net)
    assert (found["Links"], found["DriverOpts"]) == ([f"{db}:base"], {"k": "v"})
    assert found["IPAMConfig"] == {"LinkLocalIPs": ["169.254.8.8"]}
    for odd in (("--link", ":x"), ("--link-local-ip", "10.1.2.3")):
        assert town.cli("network", "connect", *odd, net, web).returncode == 125


def test_the_last_one_of_those_that_started_may_leave_before_one_that_was_connected(town: Town) -> None:
    one, two = town.network("--internal"), town.network("--internal")
    first, late = town.server("--network", one), town.server("--network", two)
    town.cli("network", "connect", one, late, check=True)
    town.cli("rm", "-f", first, check=True)
    third = town.server("--network", one)
    assert town.asks(third, late) == late
    assert town.asks(late, third) == third


def test_a_stopped_container_is_connected_for_its_next_start(town: Town) -> None:
    one, two = town.network("--internal"), town.network("--internal")
    web, other = town.server("--network", one), town.server("--network", two)
    town.cli("stop", "-t", "0", web, check=True)
    town.cli("network", "connect", two, web, check=True)
    town.cli("start", web, check=True)
    assert town.asks(other, web) == web
    town.cli("stop", "-t", "0", web, check=True)
    town.cli("network", "disconnect", two, web, check=True)
    town.cli("start", web, check=True)
    assert "eth1" not in town.inside(web, "ls /sys/class/net")


def test_a_container_without_named_networks_is_connected_when_it_starts_again(town: Town) -> None:
    net = town.network("--internal")
    box, other = town.server(), town.server("--network", net)
    done = town.cli("network", "connect", net, box)
    assert (done.returncode, b"hull stop" in done.stderr) == (125, True)
    town.cli("stop", "-t", "0", box, check=True)
    town.cli("network", "connect", net, box, check=True)
    town.cli("start", box, check=True)
    assert town.asks(other, box) == box


def test_the_last_network_may_be_left_and_another_taken_while_it_runs(town: Town) -> None:
    net, inner = town.network(), town.network("--internal")
    box, other = town.server("--network", net), town.server("--network", inner, "--network", net)
    route = town.inside(box, "ip route | grep default")
    town.cli("network", "disconnect", net, box, check=True)
    assert "eth0" not in town.inside(box, "ls /sys/class/net")
    town.cli("network", "connect", inner, box, check=True)
    assert town.asks(other, box) == box
    assert "default" not in town.inside(box, "ip route")
    town.cli("network", "connect", net, box, check=True)
    assert town.inside(box, "ip route | grep default") == route
    town.cli("stop", "-t", "0", box, check=True)
    town.cli("start", box, check=True)
    assert town.asks(other, box) == box


def test_a_container_on_none_gets_a_network_when_it_starts_again(town: Town) -> None:
    net = town.network()
    box = town.server("--network", "none")
    done = town.cli("network", "connect", net, box)
    assert (done.returncode, b"started without a way out" in done.stderr) == (125, True)
    town.cli("stop", "-t", "0", box, check=True)
    town.cli("network", "connect", net, box, check=True)
    town.cli("start", box, check=True)
    assert "default" in town.inside(box, "ip route")


def test_another_containers_network(town: Town) -> None:
    net = town.network("--internal")
    web = town.server("--network", net)
    plain = town.server("--network", "none")
    for target in (web, plain):
        words = ("run", "--rm", "--network", f"container:{target}", "busybox", "sh", "-c")
        line = "until nc -w1 127.0.0.1 80 </dev/null 2>/dev/null | grep .; do sleep 0.1; done; cat /etc/hosts"
        told = town.cli(*words, line, check=True).stdout.decode()
        assert told.startswith(target)
    assert town.address(web, net) in told or town.address(web, net) in town.hosts(web)
    done = town.cli("run", "--rm", "--network", f"container:{web}", "-p", "80", "busybox", "true")
    assert (done.returncode, b"publish" in done.stderr) == (125, True)
    town.cli("stop", "-t", "0", web, check=True)
    done = town.cli("run", "--rm", "--network", f"container:{web}", "busybox", "true")
    assert (done.returncode, b"does not run" in done.stderr) == (125, True)


def test_static_addresses_are_given_or_refused(town: Town) -> None:
    net = town.network(
        "--internal", "--subnet", "10.120.7.0/24", "--gateway", "10.120.7.9", "--ip-range", "10.120.7.64/30"
    )
    box = town.server("--network", net, "--ip", "10.120.7.5", "--mac-address", "02:00:00:00:00:aa")
    given = town.given(box, net)
    assert (given["IPAddress"], given["Gateway"], given["MacAddress"]) == (
        "10.120.7.5",
        "10.120.7.9",
        "02:00:00:00:00:aa",
    )
    shown = town.inside(box, "ip addr show eth0")
    assert "10.120.7.5/24" in shown
    assert "02:00:00:00:00:aa" in shown
    assert town.address(town.server("--network", net), net) == "10.120.7.64"
    for address, why in (
        ("10.120.7.5", b"has it"),
        ("10.120.7.9", b"gateway"),
        ("10.9.9.9", b"not in"),
        ("x", b"not an IP"),
    ):
        done = town.cli("run", "--rm", "--network", net, "--ip", address, "busybox", "true")
        assert (done.returncode, why in done.stderr) == (125, True), done.stderr


def test_ipv6(town: Town) -> None:
    net = town.network("--internal", "--ipv6")
    web, other = town.server("--network", net), town.server("--network", net)
    given = town.given(web, net)
    assert given["GlobalIPv6Address"].startswith("fd")
    assert given["GlobalIPv6PrefixLen"] == 64
    line = f"busybox ip -6 neigh >/dev/null 2>&1; nc -w2 {given['GlobalIPv6Address']} 80 </dev/null"
    until = f"timeout 10 sh -c 'until {line} | grep .; do sleep 0.1; done'"
    assert town.inside(other, until).strip() == web
    assert f"{given['GlobalIPv6Address']}\t{web}" in town.hosts(other)
    only = town.network("--internal", "--subnet", "fd12:3456::/64")
    assert town.given(town.server("--network", only), only)["IPAddress"] == ""


def test_an_address_stays_over_restarts_and_starts(town: Town) -> None:
    net = town.network("--internal")
    other = town.server("--network", net)
    box = town.server("--network", net, "--restart", "always")
    before = town.given(box, net)
    pid = json.loads(town.cli("inspect", box, check=True).stdout)[0]["State"]["Pid"]
    town.cli("exec", box, "kill", "-9", "1")
    os.kill(pid, signal.SIGKILL)
    assert town.asks(other, box) == box  # the monitor started it again, in the same namespace
    assert town.given(box, net)["IPAddress"] == before["IPAddress"]
    town.cli("stop", "-t", "0", box, check=True)
    assert box not in town.hosts(other)
    late = town.server("--network", net)
    assert town.address(late, net) != town.address(other, net)
    town.cli("rm", "-f", late, check=True)
    town.cli("start", box, check=True)
    after = town.given(box, net)
    assert after["MacAddress"] == before["MacAddress"]
    assert town.asks(other, box) == box


def test_names_follow_a_renaming_and_leave_the_users_lines(town: Town) -> None:
    net = town.network("--internal")
    web, other = town.server("--network", net), town.server("--network", net)
    ident = json.loads(town.cli("inspect", other, check=True).stdout)[0]["Id"]
    with open(f"{town.cli.root}/containers/{ident}/hosts", "a") as file:  # its program's own, root's excepted
        file.write("192.0.2.9 mine\n")
    new = town.name()
    town.cli("rename", web, new, check=True)
    text = town.hosts(other)
    assert re.search(rf"{town.address(new, net)}\s+{new} ", text)
    assert web not in text
    assert "192.0.2.9 mine\n" in text
    town.cli("rm", "-f", new, check=True)
    assert new not in town.hosts(other)
    assert "192.0.2.9 mine\n" in town.hosts(other)


def test_one_that_was_killed_vanishes_when_somebody_looks(town: Town) -> None:
    net = town.network("--internal")
    web, other = town.server("--network", net), town.server("--network", net)
    document = json.loads(town.cli("inspect", web, check=True).stdout)[0]
    os.kill(document["Hull"]["Monitor"], signal.SIGKILL)
    waited = town.cli("wait", web)
    assert waited.returncode == 0
    found = json.loads(town.cli("network", "inspect", net, check=True).stdout)[0]["Containers"]
    assert [member["Name"] for member in found.values()] == [other]
    late = town.server("--network", net)
    assert web not in town.hosts(other)
    assert town.asks(late, other) == other


def test_parallel_starts_get_different_addresses(town: Town) -> None:
    net = town.network("--internal")
    names = [town.name() for _ in range(10)]
    words = ("--network", net, "busybox", "sleep", "1000")
    started = [town.cli.popen("run", "-d", "--name", name, *words, stdout=subprocess.DEVNULL) for name in names]
    assert [process.wait(120) for process in started] == [0] * 10
    found = json.loads(town.cli("network", "inspect", net, check=True).stdout)[0]["Containers"]
    assert len({member["IPv4Address"] for member in found.values()}) == 10
    assert len({member["MacAddress"] for member in found.values()}) == 10
    text = town.hosts(names[0])
    assert all(name in text for name in names)


@pytest.mark.parametrize("more", [(), ("--cap-add", "NET_ADMIN"), ("--cap-add", "ALL")])
def test_a_program_cannot_administer_its_network(town: Town, more: tuple[str, ...]) -> None:
    net = town.network("--internal")
    box = town.server("--network", net, *more)
    for line in (
        "ip link set eth0 down",
        "ip addr add 10.9.9.9/24 dev eth0",
        "ip link add name t0 type dummy",
        "ip route add default via 10.89.0.1",
    ):
        assert town.cli("exec", box, "sh", "-c", line).returncode != 0, line
    assert "eth0" in town.inside(box, "ls /sys/class/net")


def test_packets_are_large_where_only_members_are(town: Town) -> None:
    box = town.server("--network", town.network("--internal"))
    assert town.inside(box, "cat /sys/class/net/eth0/mtu").strip() == "65520"
