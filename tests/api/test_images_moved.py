"""Images that come and go over the API: pulled, pushed, loaded, saved, imported, made of containers."""

import base64
import gzip
import json
import os
import socket
import threading

import pytest

from tests import imagebuild, registries, waiting

MADE = imagebuild.image(
    imagebuild.layer(imagebuild.member("f", b"1" * 2000)), imagebuild.layer(imagebuild.member("g", b"2")),
    run={"Cmd": ["x"]},
)  # fmt: skip
LARGE = imagebuild.image(imagebuild.layer(imagebuild.member("r", os.urandom(6 << 20))), how="plain")
KEPT = " (deleted)"  # how a file without a name, where a body is kept, is shown
WHO, SECRET = "me", "s3cret"


def who(password=SECRET):
    return {"X-Registry-Auth": base64.urlsafe_b64encode(json.dumps({"username": WHO, "password": password}).encode())
            .decode()}  # fmt: skip


def locked(answer):
    """Let only one user in."""
    expected = "Basic " + base64.b64encode(f"{WHO}:{SECRET}".encode()).decode()

    def guard(request):
        if request.headers.get("authorization") == expected:
            return answer(request)
        return registries.Reply(401, b"{}", (("WWW-Authenticate", 'Basic realm="x"'),))

    return guard


@pytest.fixture(scope="module")
def hub():
    """Give a registry with one image under two tags, and one of several megabytes."""
    blobs = {**MADE.blobs, **LARGE.blobs}
    image = registries.image_answer(blobs, {"1": MADE.manifest, "2": MADE.manifest, "large": LARGE.manifest})

    def answer(request):
        if request.path.endswith("/tags/list"):
            return registries.Reply(200, b'{"name":"a/b","tags":["1","2"]}')
        return image(request)

    with registries.served(answer) as stub:
        yield stub


@pytest.fixture
def forgets(server):
    """Remove what a test brought."""
    yield
    for made in (MADE, LARGE):
        server.request("DELETE", f"/images/{made.config}?force=1")


def pulled(server, name, tag="", headers=None):
    return server.request("POST", f"/images/create?fromImage={name}&tag={tag}", headers=headers)


def statuses(answer):
    assert answer.status == 200, answer.body
    return [(line.get("id", ""), line["status"]) for line in answer.lines]


@pytest.mark.usefixtures("forgets")
def test_a_pull_tells_layer_by_layer_what_it_does(server, hub):
    name = f"{hub.address}/a/b"
    told = statuses(pulled(server, name, "1"))
    layers = [one.removeprefix("sha256:")[:12] for one in MADE.layers]
    assert told[:3] == [("1", "Pulling from a/b"), (layers[0], "Pulling fs layer"), (layers[1], "Pulling fs layer")]
    assert told[-2:] == [("", f"Digest: {MADE.manifest}"), ("", f"Status: Downloaded newer image for {name}:1")]
    for layer in layers:
        mine = [status for label, status in told if label == layer]
        assert mine == ["Pulling fs layer", "Download complete", "Extracting", "Pull complete"]
    again = statuses(pulled(server, name, "1"))
    assert len(again) == 3
    assert again[-1] == ("", f"Status: Image is up to date for {name}:1")
    found = server.request("GET", f"/images/{name}:1/json").json
    assert found["RepoDigests"] == [f"{name}@{MADE.manifest}"]


@pytest.mark.usefixtures("forgets")
def test_a_name_without_a_tag_brings_every_tag(server, hub):
    told = statuses(pulled(server, f"{hub.address}/a/b"))
    assert [label for label, status in told if status == "Pulling from a/b"] == ["1", "2"]
    assert told[-1][1] == f"Status: Downloaded newer image for {hub.address}/a/b"
    digest = statuses(pulled(server, f"{hub.address}/a/b", MADE.manifest))
    assert digest[0] == (f"{hub.address}/a/b@{MADE.manifest}", "Pulling from a/b")


def test_what_a_registry_has_not_is_missing_before_anything_is_told(server, hub):
    answer = pulled(server, f"{hub.address}/a/b", "no")
    assert (answer.status, answer.message) == (
        404, f"manifest for {hub.address}/a/b:no not found: manifest unknown: manifest unknown"
    )  # fmt: skip
    answer = server.request("GET", f"/distribution/{hub.address}/a/b:no/json")
    assert (answer.status, answer.message) == (404, "manifest unknown: manifest unknown")
    found = server.request("GET", f"/distribution/{hub.address}/a/b:1/json").json
    assert found["Descriptor"]["digest"] == MADE.manifest
    assert found["Platforms"] == [{"architecture": imagebuild.host_architecture(), "os": "linux"}]


@pytest.mark.usefixtures("forgets")
def test_what_fails_on_the_way_is_told_in_the_stream(server):
    lies = {**MADE.blobs, MADE.layers[1]: gzip.compress(b"another")}
    with registries.served(registries.image_answer(lies, {"1": MADE.manifest})) as stub:
        answer = pulled(server, f"{stub.address}/a/b", "1")
    assert answer.status == 200
    assert answer.lines[0]["status"] == "Pulling from a/b"
    last = answer.lines[-1]
    assert last["error"] == last["errorDetail"]["message"]
    assert MADE.layers[1] in last["error"]
    assert server.request("GET", f"/images/{MADE.config}/json").status == 404


@pytest.mark.usefixtures("forgets")
def test_credentials_serve_one_request(server):
    memory = registries.Memory()
    memory.blobs.update(MADE.blobs)
    memory.tags["1"] = MADE.manifest

    def listing(request):
        catalog = b'{"repositories":["a/b","c/d"]}'
        return registries.Reply(200, catalog) if request.path.endswith("_catalog") else memory(request)

    with registries.served(locked(listing)) as stub:
        name = f"{stub.address}/a/b"
        answer = pulled(server, name, "1")
        assert (answer.status, f"pull access denied for {name}" in answer.message) == (404, True)
        assert pulled(server, name, "1", who("wrong")).status == 404
        assert statuses(pulled(server, name, "1", who()))[-1][1].startswith("Status: Downloaded")
        assert pulled(server, name, "1").status == 404
        answer = pulled(server, name, "1", {"X-Registry-Auth": "%%"})
        assert (answer.status, "X-Registry-Auth" in answer.message) == (400, True)
        assert server.request("GET", f"/distribution/{name}:1/json").status == 401
        assert server.request("GET", f"/distribution/{name}:1/json", headers=who()).status == 200
        body = {"username": WHO, "password": SECRET, "serveraddress": stub.address}
        answer = server.request("POST", "/auth", body)
        assert (answer.status, answer.json) == (200, {"IdentityToken": "", "Status": "Login Succeeded"})
        assert server.request("POST", "/auth", {**body, "password": "wrong"}).status == 401
        server.request("POST", f"/images/{name}:1/tag?repo={stub.address}/c/d&tag=9")
        denied = server.request("POST", f"/images/{stub.address}/c/d/push?tag=9").lines
        assert denied[0] == {"status": f"The push refers to repository [{stub.address}/c/d]"}
        assert denied[-1]["error"] == "denied: requested access to the resource is denied"
        done = server.request("POST", f"/images/{stub.address}/c/d/push?tag=9", headers=who()).lines
        assert done[-1]["aux"] == {"Tag": "9", "Digest": MADE.manifest, "Size": len(MADE.blobs[MADE.manifest])}
        assert done[-2]["status"].startswith(f"9: digest: {MADE.manifest} size: ")
        assert memory.tags["9"] == MADE.manifest
        assert server.request("GET", f"/images/search?term={stub.address}/c").status == 500
        search = f"/images/search?term={stub.address}/c&limit=5"
        assert server.request("GET", search, headers=who()).json == [
            {"star_count": 0, "is_official": False, "name": f"{stub.address}/c/d", "is_automated": False,
             "description": ""},
        ]  # fmt: skip
        lacking = server.request("POST", f"/images/{stub.address}/no/push?tag=1", headers=who()).lines
        assert lacking[-1]["error"] == f"An image does not exist locally with the tag: {stub.address}/no"
    assert SECRET not in server.said()


@pytest.mark.usefixtures("forgets")
def test_a_client_that_goes_away_ends_its_pull(server):
    stall = threading.Event()
    answer = registries.image_answer(LARGE.blobs, {"1": LARGE.manifest})
    (layer,) = LARGE.layers

    def stalling(request):
        found = answer(request)
        first = request.path.endswith(layer) and "range" not in request.headers
        return found._replace(cut=3 << 20, stall=stall) if first else found

    scratch = f"{server.cli.root}/layers"
    with registries.served(stalling) as stub:
        with server.connect() as client:
            asked = f"/images/create?fromImage={stub.address}/a/b&tag=1"
            client.sendall(f"POST {asked} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            said = b""
            while b"Downloading" not in said:
                said += client.recv(1 << 16)
            assert [name for name in os.listdir(scratch) if name.startswith("tmp-")]
        stall.set()
        waiting.until(lambda: not [name for name in os.listdir(scratch) if name.startswith("tmp-")])
        told = statuses(pulled(server, f"{stub.address}/a/b", "1"))
    assert told[1] == (layer[7:19], "Pulling fs layer")  # what was begun was given up


@pytest.mark.usefixtures("forgets")
def test_what_was_saved_is_loaded_again(server):
    for quiet in ("0", "1"):
        answer = server.request("POST", f"/images/load?quiet={quiet}", imagebuild.oci_archive(MADE, "own/oci:1"))
        assert answer.lines[-1] == {"stream": "Loaded image: own/oci:1\n"}
        assert (len(answer.lines) == 1) == (quiet == "1")
    server.request("POST", "/images/own/oci:1/tag?repo=own/other&tag=2")
    saved = server.request("GET", "/images/get?names=own/oci:1&names=own/other:2")
    assert (saved.status, saved.headers["Content-Type"]) == (200, "application/x-tar")
    server.request("DELETE", f"/images/{MADE.config}?force=1")
    lines = server.request("POST", "/images/load?quiet=1", gzip.compress(saved.body)).lines
    assert [line["stream"] for line in lines] == ["Loaded image: own/oci:1\n", "Loaded image: own/other:2\n"]
    saved = server.request("GET", f"/images/{MADE.config}/get")
    server.request("DELETE", f"/images/{MADE.config}?force=1")
    lines = server.request("POST", "/images/load", saved.body).lines
    assert lines[-1] == {"stream": f"Loaded image ID: {MADE.config}\n"}


@pytest.mark.parametrize("body", [b"", b"garbage", imagebuild.tar_of({"manifest.json": b'[{"Layers":[1]}]'})])
def test_an_archive_that_is_none_is_told_in_the_stream(server, body):
    answer = server.request("POST", "/images/load", body)
    assert answer.status == 200
    assert set(answer.lines[-1]) == {"errorDetail", "error"}


def test_a_body_that_breaks_off_leaves_nothing(server):
    before = server.request("GET", "/images/json").json
    whole = imagebuild.docker_archive(LARGE, "own/broken:1")
    with server.connect() as client:
        client.sendall(b"POST /images/load HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(whole))
        client.sendall(whole[: 4 << 20])
        waiting.until(lambda: waiting.has_open(server.process.pid, KEPT))
        client.shutdown(socket.SHUT_RDWR)
    waiting.until(lambda: not waiting.has_open(server.process.pid, KEPT))
    assert server.request("GET", "/images/json").json == before


@pytest.mark.usefixtures("forgets")
def test_who_does_not_read_what_is_saved_to_its_end_leaves_nothing_open(server):
    server.request("POST", "/images/load", imagebuild.docker_archive(LARGE, "own/large:1"))
    with server.connect() as client:
        client.sendall(b"GET /images/own/large:1/get HTTP/1.1\r\nHost: x\r\n\r\n")
        assert client.recv(12) == b"HTTP/1.1 200"
        assert waiting.has_open(server.process.pid, KEPT)
    waiting.until(lambda: not waiting.has_open(server.process.pid, KEPT))
    assert len(server.request("GET", "/images/own/large:1/get").body) > len(LARGE.blobs[LARGE.layers[0]])


def test_a_root_file_system_is_imported_from_a_body_and_from_a_url(server):
    tar = imagebuild.layer(imagebuild.directory("d"))
    query = "repo=own/made&tag=1&message=said&changes=CMD%20y&changes=ENV%20A%3Db"
    answer = server.request("POST", f"/images/create?fromSrc=-&{query}", tar)
    ident = answer.lines[-1]["status"]
    found = server.request("GET", "/images/own/made:1/json").json
    assert (found["Id"], found["Comment"]) == (ident, "said")
    assert found["Config"] == {"Cmd": ["/bin/sh", "-c", "y"], "Env": ["A=b"]}
    assert server.request("DELETE", "/images/own/made:1").status == 200
    with registries.served(lambda asked: registries.Reply(200 if asked.path == "/t" else 404, tar)) as stub:
        answer = server.request("POST", f"/images/create?fromSrc=http://{stub.address}/t")
        assert answer.lines[0] == {"status": f"Downloading from http://{stub.address}/t"}
        assert server.request("DELETE", f"/images/{answer.lines[-1]['status']}").status == 200
        answer = server.request("POST", f"/images/create?fromSrc=http://{stub.address}/no")
        assert "it answers 404" in answer.lines[-1]["error"]


def test_an_image_is_made_of_a_container(server):
    base = server.request("GET", "/images/busybox/json").json["Id"]
    body = {"Image": "busybox", "Cmd": ["sh", "-c", "echo 1 >/made"], "Env": ["A=1", "B=2"]}
    made = server.request("POST", "/containers/create", body).json["Id"]
    try:
        config = {"Env": ["B=3"], "Labels": {"l": "v"}, "Hostname": "no-image-has-one"}
        query = f"container={made}&repo=own/commit&tag=1&comment=said&author=me&changes=USER%20u"
        answer = server.request("POST", f"/commit?{query}", config)
        assert answer.status == 201
        found = server.request("GET", "/v1.44/images/own/commit:1/json").json
        assert (found["Id"], found["Parent"], found["Container"]) == (answer.json["Id"], base, made)
        assert (found["Author"], found["Comment"], found["Config"]["User"]) == ("me", "said", "u")
        assert found["Config"]["Env"] == ["B=3", "A=1"]
        assert (found["Config"]["Labels"], found["Config"]["Hostname"]) == ({"l": "v"}, "")
        assert found["Config"]["Cmd"] == body["Cmd"]
    finally:
        server.request("DELETE", f"/containers/{made}?force=1")
        server.request("DELETE", "/images/own/commit:1")
