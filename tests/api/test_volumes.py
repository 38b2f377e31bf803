"""Volumes over the API: words and statuses of Docker's."""

import os
import re

import pytest

OURS = f"api-{os.getpid()}"


@pytest.fixture
def volume(server):
    """Give what makes a volume of the test's own; it returns its document."""
    made = []

    def make(**body):
        reply = server.request("POST", "/volumes/create", body)
        assert reply.status == 201, reply.body
        made.append(reply.json["Name"])
        return reply.json

    yield make
    for name in made:
        server.request("DELETE", f"/volumes/{name}?force=1")


def names(server, filters):
    return [one["Name"] for one in server.request("GET", f"/volumes?filters={filters}").json["Volumes"]]


def test_a_volume_is_what_was_asked(server, volume):
    name = f"{OURS}-data"
    made = volume(Name=name, Labels={"who": OURS, "k": ""})
    assert (made["Name"], made["Driver"], made["Scope"], made["Options"]) == (name, "local", "local", None)
    assert made["Labels"] == {"who": OURS, "k": ""}
    assert made["Mountpoint"].endswith(f"/volumes/{name}/_data")
    assert made == server.request("GET", f"/volumes/{name}").json == volume(Name=name)
    assert made in server.request("GET", "/volumes").json["Volumes"]
    assert names(server, f'{{"label":["who={OURS}"]}}') == [name]
    assert names(server, f'{{"name":["{OURS}"],"dangling":["true"]}}') == [name]
    assert names(server, f'{{"name":["{OURS}"],"dangling":["false"]}}') == []


def test_one_that_nobody_named_goes_with_a_prune(server, volume):
    made = volume()
    assert re.fullmatch("[0-9a-f]{64}", made["Name"])
    assert made["Labels"] == {"com.docker.volume.anonymous": ""}
    named = volume(Name=f"{OURS}-kept", Labels={"who": OURS})["Name"]
    gone = server.request("POST", "/v1.42/volumes/prune").json["VolumesDeleted"]
    assert made["Name"] in gone
    assert named not in gone
    only = f'{{"label":["who={OURS}"]}}'
    assert server.request("POST", f"/v1.42/volumes/prune?filters={only}").json["VolumesDeleted"] is None
    everything = f'{{"label":["who={OURS}"],"all":["1"]}}'
    assert server.request("POST", f"/v1.42/volumes/prune?filters={everything}").json["VolumesDeleted"] == [named]
    named = volume(Name=f"{OURS}-old", Labels={"who": OURS})["Name"]
    assert server.request("POST", f"/v1.41/volumes/prune?filters={only}").json["VolumesDeleted"] == [named]


@pytest.mark.parametrize(
    ("method", "path", "body", "told"),
    [
        ("GET", "/volumes/no-such", None, (404, "get no-such: no such volume")),
        ("DELETE", "/volumes/no-such", None, (404, "get no-such: no such volume")),
        ("POST", "/volumes/create", {"Name": "a/b"}, (400, 'create a/b: "a/b" includes invalid characters')),
        ("POST", "/volumes/create", {"Driver": "odd"}, (404, "create : error looking up volume plugin odd")),
        ("POST", "/volumes/create", {"DriverOpts": {"type": "nfs"}}, (400, "cannot make a volume of type nfs")),
        ("POST", "/volumes/create", {"ClusterVolumeSpec": {"Group": "x"}}, (501, "cannot set ClusterVolumeSpec")),
        ("PUT", "/volumes/x", {}, (503, "volume update only valid for cluster volumes")),
        ("GET", '/volumes?filters={"odd":["1"]}', None, (400, "invalid filter 'odd'")),
        ("GET", '/volumes?filters={"dangling":["x"]}', None, (400, "invalid filter 'dangling=[x]'")),
    ],
)
def test_what_cannot_be_is_said(server, method, path, body, told):
    reply = server.request(method, path, body)
    assert (reply.status, reply.message[: len(told[1])]) == told


def test_one_in_use_stays(server, volume, cli):
    name = volume(Name=f"{OURS}-used")["Name"]
    ident = cli("create", "-v", f"{name}:/x", "busybox", check=True).stdout.decode().strip()
    try:
        reply = server.request("DELETE", f"/volumes/{name}?force=1")
        assert (reply.status, reply.message) == (409, f"remove {name}: volume is in use - [{ident}]")
        found = server.request("GET", "/system/df?type=volume").json
        assert {one["Name"]: one["UsageData"]["RefCount"] for one in found["Volumes"]}[name] == 1
        assert (found["Images"], found["Containers"], found["BuildCache"]) == (None, None, None)
    finally:
        cli("rm", ident, check=True)
    assert server.request("DELETE", f"/volumes/{name}").status == 204
    assert server.request("DELETE", f"/volumes/{name}?force=1").status == 204


def test_df_counts_every_kind(server, cli):
    ident = cli("create", "busybox", check=True).stdout.decode().strip()
    try:
        found = server.request("GET", "/system/df").json
        assert found["LayersSize"] > 0
        image = next(one for one in found["Images"] if "busybox:latest" in one["RepoTags"])
        assert (image["Containers"] >= 1, image["Size"] > 0, image["SharedSize"] >= 0) == (True, True, True)
        assert ident in {one["Id"] for one in found["Containers"]}
        assert all("SizeRootFs" in one for one in found["Containers"])
        assert isinstance(found["BuildCache"], list)
    finally:
        cli("rm", ident, check=True)
    assert server.request("GET", "/system/df?type=odd").message == "unknown object type: odd"
