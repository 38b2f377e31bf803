"""Who answers, under which version, and what is said of what is not there."""

import pytest


@pytest.mark.parametrize("path", ["/_ping", "/v1.24/_ping", "/v1.50/_ping"])
def test_a_ping_says_who_answers(server, path):
    reply = server.request("GET", path)
    assert (reply.status, reply.body) == (200, b"OK")
    assert reply.headers["Api-Version"] == "1.50"
    assert reply.headers["Ostype"] == "linux"
    assert reply.headers["Builder-Version"] in ("1", "2")
    assert reply.headers["Server"].startswith("hull/")


def test_a_head_ping_has_the_headers_alone(server):
    reply = server.request("HEAD", "/_ping")
    assert (reply.status, reply.body, reply.headers["Api-Version"]) == (200, b"", "1.50")


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/v1.23/_ping", 400, "client version 1.23 is too old. Minimum supported API version is 1.24"),
        ("/v1.99/_ping", 400, "client version 1.99 is too new. Maximum supported API version is 1.50"),
        ("/v1.x/_ping", 400, "invalid API version '1.x'"),
        ("/nothing", 404, "page not found"),
        ("/v1.45/nothing", 404, "page not found"),
        ("/v1.24/distribution/busybox/json", 404, "page not found"),
    ],
)
def test_what_is_not_there_is_said_as_docker_says_it(server, path, status, words):
    reply = server.request("GET", path)
    assert reply.status == status
    assert reply.message.startswith(words)
    assert reply.headers["Content-Type"] == "application/json"


@pytest.mark.needs("program:docker")
def test_the_docker_client_takes_it_for_an_engine(server):
    done = server.docker("version", "--format", "{{.Server.APIVersion}}", check=True)
    assert done.stdout.startswith(b"1.")
