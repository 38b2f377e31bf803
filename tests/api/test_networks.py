"""Networks over the API: words and statuses of Docker's, and containers that come and go."""

import json
import os

import pytest

OURS = f"api-{os.getpid()}"


@pytest.fixture
def net(server):
    """Give the name of a network of the test's own and what makes it."""
    made = []

    def make(name="", **body):
        made.append(name or f"{OURS}-{len(made)}")
        reply = server.request("POST", "/v1.50/networks/create", {"Name": made[-1], **body})
        assert reply.status == 201, reply.body
        assert reply.json["Warning"] == ""
        return made[-1], reply.json["Id"]

    yield make
    for name in made:
        server.request("DELETE", f"/networks/{name.replace(' ', '%20')}")


def inspect(server, name):
    return server.request("GET", f"/networks/{name}").json


def test_a_network_is_what_was_asked(server, net):
    pool = {"Subnet": "10.131.0.0/16", "IPRange": "10.131.5.0/24", "Gateway": "10.131.5.254"}
    pool["AuxiliaryAddresses"] = {"a": "10.131.5.1"}
    name, ident = net(IPAM={"Driver": "default", "Config": [pool]}, Internal=True, Attachable=True, Labels={"k": "v"})
    found = inspect(server, ident[:12])
    assert (found["Name"], found["Id"], len(ident)) == (name, ident, 64)
    assert found["IPAM"] == {"Driver": "default", "Options": None, "Config": [pool]}
    assert (found["Internal"], found["Attachable"], found["Labels"]) == (True, True, {"k": "v"})
    assert (found["EnableIPv4"], found["EnableIPv6"], found["Containers"]) == (True, False, {})
    assert inspect(server, f"{name}?scope=swarm")["message"] == f"network {name} not found"


def test_a_subnet_of_one_family_leaves_the_other(server, net):
    both, _ = net(EnableIPv6=True, IPAM={"Config": [{"Subnet": "fd31::/64"}]})
    found = inspect(server, both)
    assert (found["EnableIPv4"], found["EnableIPv6"], len(found["IPAM"]["Config"])) == (True, True, 2)
    six, _ = net(EnableIPv4=False, EnableIPv6=True)
    assert (inspect(server, six)["EnableIPv4"], len(inspect(server, six)["IPAM"]["Config"])) == (False, 1)


def test_the_one_that_is_always_there_has_dockers_name(server):
    rows = {row["Name"]: row for row in server.request("GET", "/networks").json}
    assert {"bridge", "host", "none"} <= set(rows)
    assert "default" not in rows
    assert inspect(server, "bridge")["Id"] == rows["bridge"]["Id"] == inspect(server, rows["bridge"]["Id"][:12])["Id"]
    asked = server.request("GET", '/networks?filters={"name":{"bridge":true}}').json
    assert [row["Name"] for row in asked] == ["bridge"]


def test_names_may_have_spaces_or_look_like_ids(server, net):
    spaced, _ = net(f"{OURS} a b")
    assert inspect(server, spaced.replace(" ", "%20"))["Name"] == spaced
    _, first = net()
    _, second = net(first[:12])
    _, third = net(first)
    assert inspect(server, first[:12])["Id"] == second  # a name before an id that begins so
    assert inspect(server, first)["Id"] == first  # an id before a name
    assert inspect(server, third)["Name"] == first


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({"Name": "bridge"}, 403, "operation is not permitted on predefined bridge network"),
        ({"Name": "x", "Driver": "overlay"}, 403, "This node is not a swarm manager."),
        ({"Name": "x", "Driver": "host"}, 403, 'only one instance of "host" network is allowed'),
        ({"Name": "x", "Driver": "macvlan"}, 501, "cannot create a network of the driver macvlan"),
        ({"Name": "x", "Driver": "odd"}, 404, "could not find plugin odd"),
        ({"Name": "x", "ConfigOnly": True}, 501, "cannot set ConfigOnly"),
        ({"Name": "x", "IPAM": {"Driver": "odd"}}, 501, "cannot use an IPAM driver"),
        ({"Name": "x", "Options": {"com.docker.network.bridge.enable_icc": "false"}}, 400, "cannot use --opt"),
        ({"Name": "x", "Options": {"odd": "1"}}, 400, "cannot use --opt odd=1: unknown"),
        ({"Name": " "}, 400, "cannot name a network"),
        ({"Name": 1}, 400, "invalid Name"),
        ({"Name": "x", "IPAM": {"Config": [{"Subnet": "odd"}]}}, 400, "cannot use the subnet odd"),
    ],
)
def test_what_cannot_be_made_is_said(server, body, status, words):
    reply = server.request("POST", "/networks/create", body)
    assert (reply.status, reply.message[: len(words)]) == (status, words)


def test_a_name_is_given_once_and_predefined_ones_stay(server, net):
    name, _ = net()
    reply = server.request("POST", "/networks/create", {"Name": name, "CheckDuplicate": True})
    assert (reply.status, reply.message) == (409, f"network with name {name} already exists")
    reply = server.request("DELETE", "/networks/bridge")
    assert (reply.status, reply.message) == (403, "bridge is a pre-defined network and cannot be removed")
    reply = server.request("DELETE", "/networks/no-such-net")
    assert (reply.status, reply.message) == (404, "network no-such-net not found")
    reply = server.request("GET", '/networks?filters={"odd":["1"]}')
    assert (reply.status, reply.message) == (400, "invalid filter 'odd'")


def test_containers_come_and_go(server, net, town):
    """Both ways in: before the start, by the server, and while it runs."""
    name, ident = net(Internal=True)
    first, second = town.server("--network", name), town.server("--network", town.network("--internal"))
    body = {"Container": second, "EndpointConfig": {"Aliases": ["extra"], "Links": [f"{first}:other"]}}
    assert server.request("POST", f"/networks/{name}/connect", body).status == 200
    found = inspect(server, name)["Containers"]
    assert {one["Name"] for one in found.values()} == {first, second}
    assert town.asks(first, "extra") == second
    assert town.asks(second, "other") == first
    reply = server.request("POST", f"/networks/{ident}/connect", body)
    assert (reply.status, "it is on it" in reply.message) == (403, True)
    reply = server.request("DELETE", f"/networks/{name}")
    assert (reply.status, f'name:"{first}"' in reply.message, "active endpoints" in reply.message) == (403, True, True)
    assert server.request("POST", f"/networks/{name}/disconnect", {"Container": second}).status == 200
    for force in (False, True):
        reply = server.request("POST", f"/networks/{name}/disconnect", {"Container": second, "Force": force})
        assert (reply.status, reply.message) == (403, f"container {second} is not connected to network {name}")
    assert set(inspect(server, name)["Containers"]) == {key for key, one in found.items() if one["Name"] == first}
    rows = server.request("GET", "/v1.50/networks").json
    assert all(row["Containers"] == {} for row in rows)
    older = {row["Name"]: row for row in server.request("GET", "/v1.27/networks").json}
    assert older[name]["Containers"]


@pytest.mark.needs("tun", "program:slirp4netns")
def test_bridge_comes_and_goes_while_a_container_runs(server, net, town):
    name, _ = net()
    box = town.server("--network", name)

    def ask(deed, network, **said):
        reply = server.request("POST", f"/networks/{network}/{deed}", {"Container": box, **said})
        return reply.status, reply.message if reply.body else ""

    bridge = inspect(server, "bridge")["Id"]
    assert ask("connect", bridge, EndpointConfig={"IPAMConfig": {}, "Links": None, "Aliases": None}) == (200, "")
    assert ask("disconnect", name) == (200, "")
    assert set(server.request("GET", f"/containers/{box}/json").json["NetworkSettings"]["Networks"]) == {"bridge"}
    assert ask("connect", "bridge")[0] == 403  # it is there
    assert ask("disconnect", "bridge") == (200, "")
    assert ask("disconnect", "bridge") == (403, f"container {box} is not connected to network bridge")
    assert ask("connect", "host")[0] == 403
    assert ask("connect", "bridge", EndpointConfig={"Aliases": ["a"]})[0] == 400
    assert "default" not in town.inside(box, "ip route")


@pytest.mark.needs("program:docker")
def test_the_docker_client_makes_lists_and_removes(server, net):
    name, ident = net(Labels={"who": OURS})
    said = server.docker("network", "ls", "--filter", f"label=who={OURS}", check=True).stdout.decode().split("\n")
    assert said[0].split() == ["NETWORK", "ID", "NAME", "DRIVER", "SCOPE"]
    assert said[1].split() == [ident[:12], name, "bridge", "local"]
    shown = server.docker("network", "inspect", "--format", "{{json .IPAM.Config}}", name, check=True).stdout
    assert json.loads(shown)[0]["Subnet"].endswith(".0/24")
    done = server.docker("network", "rm", name, "bridge")
    assert done.stdout.decode() == f"{name}\n"
    assert (done.returncode, b"bridge is a pre-defined network and cannot be removed" in done.stderr) == (1, True)
