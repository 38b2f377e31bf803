"""Containers by raw requests and by the real docker client."""

import pytest

pytestmark = [pytest.mark.real]


def test_create(server):
    made = server.request("POST", "/containers/create?name=made", {"Image": "busybox", "Cmd": ["true"]})
    assert made.status == 201, made.body
    assert made.json["Warnings"] == []
    shown = server.request("GET", "/containers/made/json").json
    assert shown["Id"] == made.json["Id"]
    assert server.request("DELETE", "/containers/made").status == 204
