"""What Docker's engine has and hull has not is said plainly: a swarm of many, and plugins."""

import pytest

SWARM = "This node is not a swarm manager."


@pytest.mark.parametrize(
    ("method", "path", "told"),
    [
        ("GET", "/swarm", (503, SWARM)),
        ("POST", "/swarm/join", (501, "cannot join a swarm: hull's swarm has one node")),
        ("POST", "/swarm/leave?force=1", (503, "This node is not part of a swarm")),
        ("POST", "/swarm/update?version=1", (503, SWARM)),
        ("GET", "/services", (503, SWARM)),
        ("POST", "/services/create", (503, SWARM)),
        ("GET", "/nodes/x", (503, SWARM)),
        ("DELETE", "/secrets/x", (503, SWARM)),
        ("GET", "/configs", (503, SWARM)),
        ("GET", "/tasks", (503, SWARM)),
        ("GET", "/plugins/a/b:1/json", (404, 'plugin "a/b:1" not found')),
        ("DELETE", "/plugins/a/b", (404, 'plugin "a/b" not found')),
        ("POST", "/plugins/a/enable", (404, 'plugin "a" not found')),
        ("POST", "/plugins/a/set", (404, 'plugin "a" not found')),
        ("POST", "/plugins/pull", (400, "invalid reference format")),
        ("POST", "/plugins/pull?remote=a", (501, "cannot use plugins")),
        ("GET", "/plugins/privileges?remote=a", (501, "cannot use plugins")),
    ],
)
def test_it_is_refused_with_a_status_that_clients_know(server, method, path, told):
    reply = server.request(method, path)
    assert (reply.status, reply.message[: len(told[1])]) == told


def test_there_are_no_plugins(server):
    assert server.request("GET", "/plugins").json == []
    reply = server.request("POST", "/plugins/pull", b"[]", {"Content-Type": "text/plain"})
    assert (reply.status, "must be 'application/json'" in reply.message) == (400, True)
