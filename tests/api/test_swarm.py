"""A swarm of one node over the API: who may come to its networks, what becomes of those who are on them."""

import os

import pytest

OURS = f"swarm-{os.getpid()}"
INIT = {"ListenAddr": "0.0.0.0:2377", "AdvertiseAddr": "127.0.0.1"}


@pytest.fixture
def swarm(server):
    """Begin one for the test; the module's server is outside of any afterwards."""
    reply = server.request("POST", "/swarm/init", INIT)
    assert reply.status == 200, reply.body
    yield reply.json
    server.request("POST", "/swarm/leave?force=1")


def make(server, kind, **body):
    name = f"{OURS}-{kind}"
    assert server.request("POST", "/networks/create", {"Name": name, "Driver": "overlay", **body}).status == 201
    return name


def said(server, method, path, body=None):
    reply = server.request(method, path, body)
    return reply.status, reply.message


def test_containers_come_to_what_is_attachable_and_stay_without_it(server, swarm, town):
    shut, way = make(server, "shut", Internal=True), make(server, "way", Attachable=True, Internal=True)
    there, name = town.server("--network", way), town.name()
    body = {"Image": "busybox", "Cmd": ["true"], "HostConfig": {"NetworkMode": shut}}
    assert server.request("POST", f"/containers/create?name={name}", body).status == 201
    status, words = said(server, "POST", f"/containers/{name}/start")
    assert (status, f"network {shut} not manually attachable" in words) == (409, True)
    status, words = said(server, "POST", f"/networks/{shut}/connect", {"Container": there})
    assert (status, "not manually attachable" in words) == (403, True)
    assert server.request("POST", "/swarm/leave?force=1").status == 200
    assert said(server, "GET", f"/networks/{way}") == (404, f"network {way} not found")
    state = server.request("GET", f"/containers/{there}/json").json
    assert (state["State"]["Running"], state["NetworkSettings"]["Networks"].get(way)) == (True, None)


def test_it_answers_as_a_manager_who_has_no_services(server, swarm):
    assert server.request("GET", "/_ping").headers["Swarm"] == "active/manager"
    for kind in ("services", "tasks", "secrets", "configs"):
        assert server.request("GET", f"/{kind}").json == []
        assert said(server, "GET", f"/{kind}/x") == (404, f"{kind[:-1]} x not found")
    for path, status, words in (
        ("/services/create", 501, "cannot create services: hull's swarm has one node, and starts no services"),
        ("/secrets/create", 501, "cannot create secrets"),
        ("/swarm/init", 503, "This node is already part of a swarm."),
        ("/swarm/join", 503, "This node is already part of a swarm."),
        ("/swarm/leave", 503, "You are attempting to leave the swarm"),
        ("/swarm/unlock", 409, "swarm is not locked"),
        ("/swarm/update", 400, "invalid swarm version ''"),
        ("/swarm/update?version=1", 500, "rpc error: code = Unknown desc = update out of sequence"),
        ("/swarm/update?version=1&rotateManagerUnlockKey=1", 501, "cannot set rotateManagerUnlockKey"),
        (f"/nodes/{swarm}/update?version=x", 400, "invalid node version 'x'"),
    ):
        found = said(server, "POST", path, {**INIT, "Name": "default"})
        assert (path, found[0], found[1][: len(words)]) == (path, status, words)
    assert server.request("GET", "/swarm/unlockkey").json == {"UnlockKey": ""}
    assert said(server, "DELETE", f"/nodes/{swarm}")[0] == 400


@pytest.mark.needs("program:docker")
def test_the_docker_client_is_told_of_the_node(server, swarm):
    rows = server.docker("node", "ls", check=True).stdout.decode().splitlines()
    assert rows[0].split()[:3] == ["ID", "HOSTNAME", "STATUS"]
    assert rows[1].split()[:6] == [swarm, "*", os.uname().nodename, "Ready", "Active", "Leader"]
    assert swarm in server.docker("node", "inspect", "--pretty", "self", check=True).stdout.decode()
    told = server.docker("info", check=True).stdout.decode()
    assert (" Swarm: active\n" in told, "  Is Manager: true\n" in told, "  Nodes: 1\n" in told) == (True, True, True)
    assert b"nobody-join" in server.docker("swarm", "join-token", "worker", check=True).stdout
