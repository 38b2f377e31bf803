"""Images over the API: what is here, as each version of it is told, named and removed."""

import json
import urllib.parse

import pytest

from tests import imagebuild

LAYER = imagebuild.layer(imagebuild.member("f", b"1" * 2000))
MADE = imagebuild.image(LAYER, run={"Cmd": ["x"], "Labels": {"made": "here"}})


def filtered(**filters):
    return "filters=" + urllib.parse.quote(json.dumps(filters))


def loaded(server, *names):
    answer = server.request("POST", "/images/load", imagebuild.docker_archive(MADE, *names))
    assert answer.status == 200
    return [line["stream"] for line in answer.lines if "stream" in line]


@pytest.fixture
def named(server):
    """Give the image under two names of one repository; all of it is gone afterwards."""
    loaded(server, "own/here:1", "own/here:2")
    yield MADE.config
    server.request("DELETE", f"/images/{MADE.config}?force=1")


def listed(server, query="", version="1.50"):
    answer = server.request("GET", f"/v{version}/images/json?{query}")
    assert answer.status == 200, answer.body
    return {one["Id"]: one for one in answer.json}


def test_images_are_listed_by_what_is_asked(server, named):
    one = listed(server, filtered(reference=["own/*:2"]))
    assert list(one) == [named]
    assert one[named]["RepoTags"] == ["own/here:2"]
    assert one[named]["Labels"] == {"made": "here"}
    assert (one[named]["Containers"], one[named]["SharedSize"]) == (-1, -1)
    assert "VirtualSize" not in one[named]
    old = listed(server, filtered(label=["made=here"]), "1.42")[named]
    assert old["VirtualSize"] == old["Size"] > 0
    assert sorted(old["RepoTags"]) == ["own/here:1", "own/here:2"]
    assert named not in listed(server, filtered(dangling=["true"]))
    assert named in listed(server, "filter=own/here:1", "1.30")
    assert named not in listed(server, filtered(since=["own/here:1"]))
    assert listed(server, "shared-size=1")[named]["SharedSize"] == 0


def test_an_image_is_found_by_every_name_it_has(server, named):
    found = server.request("GET", "/images/own/here:1/json").json
    assert found["Id"] == named
    assert found["RootFS"]["Layers"]
    assert found["Config"] == {"Cmd": ["x"], "Labels": {"made": "here"}}
    assert found["GraphDriver"]["Name"] == "overlay2"
    digits = named.removeprefix("sha256:")
    for name in (named, digits, digits[:12], "docker.io/own/here:1"):
        assert server.request("GET", f"/images/{name}/json").json["Id"] == named
    old = server.request("GET", "/v1.43/images/own/here:1/json").json
    assert old["Config"]["Hostname"] == ""
    assert old["VirtualSize"] == old["Size"]
    assert "ContainerConfig" in old
    steps = server.request("GET", f"/images/{digits[:12]}/history").json
    assert sorted(steps[0]["Tags"]) == ["own/here:1", "own/here:2"]


@pytest.mark.parametrize(
    ("method", "path", "status", "words"),
    [
        ("GET", "/images/nosuch/json", 404, "No such image: nosuch:latest"),
        ("GET", "/images/Foo/json", 400, "must be lowercase"),
        ("GET", "/images/nosuch/history", 404, "No such image: nosuch:latest"),
        ("GET", "/images/nosuch/get", 404, "No such image: nosuch:latest"),
        ("GET", "/images/get?names=busybox&names=nosuch", 404, "No such image: nosuch:latest"),
        ("GET", "/images/get", 400, "no image is named"),
        ("DELETE", "/images/nosuch", 404, "No such image: nosuch:latest"),
        ("POST", "/images/nosuch/tag?repo=a", 404, "No such image: nosuch:latest"),
        ("POST", "/images/busybox/tag?repo=A", 400, "must be lowercase"),
        ("POST", "/images/busybox/tag?repo=a&tag=o!ne", 400, "invalid tag format"),
        ("GET", f"/images/json?{filtered(odd=['1'])}", 400, "invalid filter 'odd'"),
        ("GET", f"/images/json?{filtered(dangling=['x'])}", 400, "invalid filter 'dangling=[x]'"),
        ("GET", f"/images/json?{filtered(before=['nosuch'])}", 404, "No such image: nosuch:latest"),
        ("POST", f"/images/prune?{filtered(reference=['x'])}", 400, "invalid filter 'reference'"),
        ("POST", "/images/create?fromImage=Foo", 400, "must be lowercase"),
        ("POST", "/images/create?fromImage=busybox&tag=1&platform=foobar", 400, "unknown operating system"),
        ("POST", "/images/create?fromSrc=/etc/passwd", 400, "http or https"),
        ("POST", "/images/create", 400, "http or https"),
        ("POST", "/commit?container=nosuch", 404, "No such container: nosuch"),
        ("POST", "/commit", 400, "invalid name or ID supplied"),
        ("GET", "/images/search?term=x&limit=1000", 400, "outside the range"),
        ("GET", "/v1.49/images/busybox/json?platform=linux/s390x", 404, "does not match the specified platform"),
    ],
)
def test_what_cannot_be_is_refused_in_dockers_words(server, method, path, status, words):
    answer = server.request(method, path)
    assert (answer.status, words in answer.message) == (status, True), answer.body


def test_an_image_goes_with_its_last_name(server, named):
    answer = server.request("DELETE", f"/images/{named}")
    short = named.removeprefix("sha256:")[:12]
    assert answer.status == 409
    assert answer.message == (
        f"conflict: unable to delete {short} (must be forced) - image is referenced in multiple repositories"
    )
    assert server.request("DELETE", "/images/own/here:1").json == [{"Untagged": "own/here:1"}]
    assert server.request("DELETE", "/images/own/here:2").json == [
        {"Untagged": "own/here:2"}, {"Deleted": named}, {"Deleted": imagebuild.digest(LAYER)},
    ]  # fmt: skip
    assert named not in listed(server)


def test_an_image_in_use_stays(server, named):
    made = server.request("POST", "/containers/create?name=uses-own", {"Image": "own/here:1"}).json["Id"]
    try:
        server.request("DELETE", "/images/own/here:2")
        answer = server.request("DELETE", "/images/own/here:1")
        assert (answer.status, answer.message) == (409, (
            f'conflict: unable to remove repository reference "own/here:1" (must force) - container {made[:12]} is '
            f"using its referenced image {named[7:19]}"))  # fmt: skip
        answer = server.request("DELETE", f"/images/{named[7:]}")
        assert answer.message == (
            f"conflict: unable to delete {named[7:19]} (must be forced) - image is being used by stopped container "
            f"{made[:12]}"
        )
        assert named in listed(server)
    finally:
        server.request("DELETE", f"/containers/{made}?force=1")


def test_pruning_takes_what_nothing_names(server, named):
    for tag in ("1", "2"):
        server.request("POST", f"/images/busybox/tag?repo=own/here&tag={tag}")
    try:
        old = listed(server, version="1.42")[named]
        assert (old["RepoTags"], old["RepoDigests"]) == (["<none>:<none>"], ["<none>@<none>"])
        assert listed(server, filtered(dangling=["1"]))[named]["RepoTags"] == []
        wanted = filtered(label=["made=elsewhere"])
        assert server.request("POST", f"/images/prune?{wanted}").json == {"ImagesDeleted": None, "SpaceReclaimed": 0}
        done = server.request("POST", f"/images/prune?{filtered(label=['made=here'])}").json
        assert done["ImagesDeleted"] == [{"Deleted": named}]
        assert done["SpaceReclaimed"] > 0
    finally:
        for tag in ("1", "2"):
            server.request("DELETE", f"/images/own/here:{tag}")


def test_events_tell_what_became_of_an_image(server):
    loaded(server, "own/told:1")
    server.request("POST", "/images/own/told:1/tag?repo=own/told&tag=2")
    server.request("DELETE", "/images/own/told:2")
    server.request("DELETE", "/images/own/told:1")
    events = [
        json.loads(line)
        for line in server.cli("events", "--since", "10m", "--until", "0s", "--format", "{{json .}}", check=True)
        .stdout.decode()
        .splitlines()
    ]
    mine = [one["Action"] for one in events if one["Actor"]["ID"] == MADE.config]
    assert mine[-5:] == ["load", "tag", "untag", "untag", "delete"]


def test_force_takes_no_image_from_a_running_container(server):
    base = server.request("POST", "/containers/create", {"Image": "busybox"}).json["Id"]
    ident = server.request("POST", f"/commit?container={base}&repo=own/runs&tag=1").json["Id"]
    server.request("DELETE", f"/containers/{base}")
    body = {"Image": "own/runs:1", "Cmd": ["sleep", "1000"]}
    made = server.request("POST", "/containers/create", body).json["Id"]
    try:
        assert server.request("POST", f"/containers/{made}/start").status == 204
        answer = server.request("DELETE", f"/images/{ident[7:19]}?force=1")
        assert (answer.status, answer.message) == (409, (
            f"conflict: unable to delete {ident[7:19]} (cannot be forced) - image is being used by running container "
            f"{made[:12]}"))  # fmt: skip
        assert server.request("GET", "/images/own/runs:1/json").json["RepoTags"] == ["own/runs:1"]
        assert server.request("DELETE", "/images/own/runs:1?force=1").json == [{"Untagged": "own/runs:1"}]
    finally:
        server.request("DELETE", f"/containers/{made}?force=1")
        server.request("DELETE", f"/images/{ident}?force=1")
