"""hull network: Docker's words, columns, JSON and errors. Who reaches whom is tests/network/test_named.py."""

import json
import os

import pytest

from tests.town import Town

pytestmark = [pytest.mark.real, pytest.mark.single_id, pytest.mark.as_root]


def test_ls_shows_dockers_columns_filters_and_formats(town: Town) -> None:
    net = town.network("--label", "a=b", "--internal")
    lines = town.cli("network", "ls", check=True).stdout.decode().splitlines()
    assert lines[0].split("   ")[0] == "NETWORK ID"
    assert {"default", "host", "none", net} <= {line.split()[1] for line in lines[1:]}
    row = next(line.split() for line in lines if line.split()[1] == net)
    assert (len(row[0]), row[2:]) == (12, ["bridge", "local"])

    def ls(*words: str) -> list[str]:
        return town.cli("network", "ls", *words, check=True).stdout.decode().split()

    assert ls("-q", "--no-trunc", "--filter", f"name={net}") == [town.given_id(net)]
    assert ls(
        "--format", "{{.Name}}:{{.Internal}}:{{.Labels}}", "--filter", "label=a=b", "--filter", f"name={net}"
    ) == [f"{net}:true:a=b"]
    assert net not in ls("--format", "{{.Name}}", "--filter", "type=builtin")
    assert set(ls("--format", "{{.Name}}", "--filter", "driver=null")) == {"none"}
    assert net in ls("--format", "{{.Name}}", "--filter", "dangling=true")


def test_inspect_is_dockers_document(town: Town) -> None:
    net = town.network(
        "--subnet", "10.121.0.0/24", "--ip-range", "10.121.0.128/25", "--opt", "mtu=1400", "--label", "k"
    )
    box = town.server("--network", net)
    found = json.loads(town.cli("network", "inspect", net, check=True).stdout)[0]
    assert found["IPAM"]["Config"] == [
        {"Subnet": "10.121.0.0/24", "IPRange": "10.121.0.128/25", "Gateway": "10.121.0.1"}
    ]
    assert (found["Name"], found["Driver"], found["Scope"]) == (net, "bridge", "local")
    assert (found["Internal"], found["EnableIPv6"], found["Options"], found["Labels"]) == (
        False, False, {"mtu": "1400"}, {"k": ""}
    )  # fmt: skip
    [(ident, member)] = found["Containers"].items()
    assert len(ident) == 64
    assert (member["Name"], member["IPv4Address"], member["IPv6Address"]) == (box, "10.121.0.128/24", "")
    assert member["MacAddress"] in town.inside(box, "cat /sys/class/net/eth0/address")
    assert town.inside(box, "cat /sys/class/net/eth0/mtu").strip() == "1400"
    assert town.cli("network", "inspect", "--format", "{{.Name}}", "bridge", check=True).stdout == b"default\n"


def test_names_that_mean_something_or_are_taken_are_refused(town: Town) -> None:
    net = town.network("--subnet", "10.122.0.0/24")
    for name in ("default", "none", "host", "bridge", "slirp4netns", "pasta", "container"):
        done = town.cli("network", "create", name)
        assert (done.returncode, b"meaning of its own" in done.stderr) == (125, True)
        assert town.cli("network", "rm", name).returncode == 125
    assert b"is there" in town.cli("network", "create", net).stderr
    for words, why in (
        (("--subnet", "10.122.0.128/25"), b"overlaps"),
        (("--opt", "x=1"), b"unknown"),
        (("--opt", "mtu=9"), b"size of packets"),
    ):
        done = town.cli("network", "create", *words, f"odd-{os.getpid()}")
        assert (done.returncode, why in done.stderr) == (125, True), done.stderr
    assert town.cli("network", "create").returncode == 125
    assert town.cli("network", "create", "a:b").returncode == 125


def test_rm_and_prune_leave_what_is_used(town: Town) -> None:
    used, asked, free = town.network(), town.network(), town.network()
    box = town.server("--network", used)
    town.cli("create", "--name", town.name(), "--network", asked, "busybox", check=True)
    done = town.cli("network", "rm", used)
    assert (done.returncode, box.encode() in done.stderr, b"disconnect" in done.stderr) == (125, True, True)
    assert town.cli("network", "prune").returncode == 125  # nobody to ask
    told = town.cli("network", "prune", "-f", check=True).stdout.decode().split()
    assert free in told
    assert not {used, asked} & set(told)
    done = town.cli("network", "rm", free)
    assert (done.returncode, b"no such network" in done.stderr) == (125, True)
    assert town.cli("network", "rm", "-f", free).returncode == 0
    town.cli("rm", "-f", box, check=True)
    assert town.cli("network", "rm", used, check=True).stdout.decode().split() == [used]


def test_an_unknown_network_is_an_error_before_anything_is_made(town: Town) -> None:
    for words in (("run", "--rm"), ("create",)):
        done = town.cli(*words, "--network", "no-such-net", "busybox", "true")
        assert (done.returncode, b"no such network" in done.stderr, b"hull network create" in done.stderr) == (
            125,
            True,
            True,
        )
    net, box = town.network(), town.server()
    for words in (
        ("connect", "no-such-net", box),
        ("connect", net, "nobody"),
        ("disconnect", net, box),
        ("connect", net),
    ):
        assert town.cli("network", *words).returncode == 125
    assert b"it is not on it" in town.cli("network", "disconnect", "-f", net, box).stderr
    for words in (("no-such-net", box), (net, "nobody")):
        assert town.cli("network", "disconnect", "-f", *words).returncode == 0
    done = town.cli("network", "connect", "host", box)
    assert (done.returncode, b"hull run" in done.stderr) == (125, True)


def test_a_network_is_found_by_the_beginning_of_its_id(town: Town) -> None:
    net = town.network("--internal")
    box = town.server("--network", town.given_id(net)[:10])
    assert json.loads(town.cli("inspect", box, check=True).stdout)[0]["HostConfig"]["NetworkMode"] == net
    shown = town.cli(
        "ps", "--filter", f"network={net}", "--format", "{{.Names}} {{.Networks}}", check=True
    ).stdout.decode()
    assert shown == f"{box} {net}\n"


def test_events_tell_of_networks(town: Town) -> None:
    net = town.network("--internal")
    box = town.server("--network", net)
    town.cli("stop", "-t", "0", box, check=True)
    town.cli("network", "rm", net, check=True)
    words = ("events", "--since", "2m", "--until", "0s", "--filter", f"network={net}", "--format")
    told = town.cli(*words, "{{.Action}}", check=True).stdout.decode().split()
    assert told == ["create", "connect", "disconnect", "destroy"]
    with_container = town.cli(*words, "{{.Actor.Attributes.containerName}}", check=True).stdout.decode().split("\n")
    assert with_container[1:3] == [box, box]


def test_the_plan_names_what_is_entered_and_kept(town: Town) -> None:
    net = town.network("--internal")
    told = town.cli("run", "--plan", "--network", net, "busybox", "true", check=True).stdout.decode()
    assert "namespace-join     enter the net namespace" in told
    assert "keep /proc/self/fd/" in told
    assert json.loads(town.cli("network", "inspect", net, check=True).stdout)[0]["Containers"] == {}
