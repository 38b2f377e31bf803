"""What of Docker's words about images needs no server: names, credentials, documents, progress."""

import base64
import json

import pytest
from hull.docker import images, images_auth, images_made, images_moved, images_progress
from hull.docker.fields import Fields
from hull.docker.images_progress import LOADING, PULLING, PUSHING, Told
from hull.docker.versions import Version
from hull.errors import Missing, UserError
from hull.images import committing, reference, refusals
from hull.images.credentials import Credentials
from hull.log import Event


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Foo", "invalid reference format: repository name (library/Foo) must be lowercase"),
        ("host:5000/a/Foo:Tag", "invalid reference format: repository name (host:5000/a/Foo) must be lowercase"),
        ("fo$z$", "invalid reference format"),
        ("Fo$z$", "invalid reference format"),
        ("", "invalid reference format"),
    ],
)
def test_a_name_that_is_none_is_refused_in_dockers_words(text, words):
    with pytest.raises(UserError) as caught:
        images.parsed(text)
    assert caught.value.message == words


@pytest.mark.parametrize(
    ("repository", "tag", "made"),
    [("a/b", "c", "a/b:c"), ("a/b:x", "c", "a/b:c"), ("a/b:x", "", "a/b:x"), ("", "c", ""), ("a", "", "a:latest")],
)
def test_a_repository_and_a_tag_are_one_name(repository, tag, made):
    assert images.named(repository, tag) == made


@pytest.mark.parametrize(
    ("repository", "tag", "words"),
    [
        (f"a@sha256:{'a' * 64}", "x", "digest reference"),
        ("sha256", "x", "ambiguous"),
        ("a", "o!ne", "invalid tag format"),
    ],
)
def test_what_names_nothing_new_is_refused(repository, tag, words):
    with pytest.raises(UserError, match=words):
        images.named(repository, tag)


@pytest.mark.parametrize(
    ("name", "shown"), [("a", "a:latest"), ("h:5/a", "h:5/a:latest"), ("a:b", "a:b"), ("sha256:ab", "sha256:ab")]
)
def test_a_name_is_told_with_its_tag(name, shown):
    assert images.tagged(name) == shown


def test_a_config_shows_what_only_a_container_has_to_old_clients_alone():
    assert images.of_config({"Cmd": ["x"]}, Version(1, 50)) == {"Cmd": ["x"]}
    old = images.of_config({"Cmd": ["x"]}, Version(1, 49))
    assert (old["Cmd"], old["Hostname"], old["Env"], old["Tty"]) == (["x"], "", None, False)


def header(**said):
    return base64.urlsafe_b64encode(json.dumps(said).encode()).decode().rstrip("=")


def test_credentials_are_read_and_not_shown():
    found = images_auth.credentials(header(username="me", password="päss", serveraddress="h"))
    assert found == Credentials("me", "päss")
    assert "päss" not in repr(found)
    assert images_auth.credentials(header(identitytoken="t", username="<token>")) == Credentials(token="t")
    auth = base64.b64encode(b"me:a:b").decode()
    assert images_auth.credentials(header(auth=auth)) == Credentials("me", "a:b")
    assert images_auth.credentials(header()) is None
    assert images_auth.credentials("") is None


@pytest.mark.parametrize("bad", ["%%%", "bm8", base64.urlsafe_b64encode(b"[1]").decode(), header(username=5)])
def test_credentials_that_are_none_are_refused(bad):
    with pytest.raises(UserError, match="invalid"):
        images_auth.credentials(bad)


def told(words, *events, head=None):
    said = []
    heard = Told(said.append, words, head)
    for text, current, total in events:
        heard(Event("progress", "abc", text, current, total))
    return said


def test_a_pull_is_told_as_docker_tells_it():
    head = {"status": "Pulling from library/x", "id": "latest"}
    events = [("waiting", 0, 50), ("pulling", 0, 50), ("pulling", 20, 50), ("unpacking", 50, 50), ("done", 50, 50)]
    lines = told(PULLING, *events, head=head)
    assert lines[0] == head
    assert [line["status"] for line in lines[1:]] == [
        "Pulling fs layer", "Downloading", "Download complete", "Extracting", "Pull complete",
    ]  # fmt: skip
    assert lines[2]["progressDetail"] == {"current": 20, "total": 50}
    assert lines[2]["progress"] == f"[{'=' * 20}>{' ' * 30}]      20B/50B"
    assert all(line["id"] == "abc" for line in lines[1:])


def test_a_layer_that_never_waited_is_announced_and_one_that_is_here_is_not():
    assert [one["status"] for one in told(PULLING, ("pulling", 9, 0))] == ["Pulling fs layer", "Downloading"]


def test_layers_that_are_here_are_named_where_the_image_was_not():
    for fresh, shown in ((True, ["head", "Already exists"]), (False, ["head"])):
        said = []
        heard = Told(said.append, PULLING, {"status": "head"})
        heard(Event("progress", "abc", "already here", 0, 9))
        heard.end(fresh=fresh)
        assert [line["status"] for line in said] == shown
    before = told(PULLING, ("already here", 0, 9), ("waiting", 0, 9))
    assert [line["status"] for line in before] == ["Already exists", "Pulling fs layer"]


def test_bytes_are_told_ten_times_a_second_at_most():
    lines = told(PULLING, *(("pulling", count, 9000) for count in range(9000)))
    assert len(lines) < 30


def test_a_push_and_a_load_have_words_of_their_own():
    events = [("waiting", 0, 0), ("linked from a/b", 0, 0), ("pushed, as h/x has it", 0, 0), ("already there", 0, 0)]
    assert [line["status"] for line in told(PUSHING, *events)] == [
        "Preparing", "Mounted from a/b", "Pushed", "Layer already exists",
    ]  # fmt: skip
    loaded = told(LOADING, ("pulling", 0, 9), ("unpacking", 9, 9), ("done", 9, 9))
    assert [(line["status"], line["progressDetail"]) for line in loaded] == [
        ("Loading layer", {}),
        ("Loading layer", {"current": 9, "total": 9}),
    ]


def test_warnings_are_told_and_notes_are_not():
    said = []
    heard = Told(said.append, PULLING)
    heard(Event("note", "abc", "what nobody asked"))
    heard(Event("warning", "x", "made for another machine"))
    assert said == [{"status": "WARNING: made for another machine"}]


@pytest.mark.parametrize(
    ("current", "total", "shown"), [(5, 0, "      5B"), (9, 5, "      9B"), (1, 1, f"[{'=' * 50}>]       1B/1B")]
)
def test_a_bar_of_what_is_not_known_is_a_number(current, total, shown):
    assert images_progress.bar(current, total) == shown


@pytest.mark.parametrize(
    ("name", "tag", "meant"),
    [
        ("a", "", "a"),
        ("a", "b", "a:b"),
        ("a:x", "b", "a:b"),
        ("a:x", "", "a:x"),
        ("h:5/a", "", "h:5/a"),
        ("a", f"sha256:{'0' * 64}", f"a@sha256:{'0' * 64}"),
    ],
)
def test_no_tag_at_all_means_every_tag(name, tag, meant):
    assert str(images_moved.meant(images_moved.Wanted(name, tag))) == meant


def test_refusals_of_a_registry_are_missing_images():
    for kind, words in ((refusals.DeniedError, "pull access denied for a, "), (refusals.AbsentError, "manifest for a")):
        with pytest.raises(Missing, match=words), images_moved.docker_words(reference.parse("a:b")):
            raise kind("x")


def test_what_a_client_says_goes_above_the_containers_own():
    own = {"Cmd": ["c"], "Env": ["A=1", "B=2"], "Labels": {"a": "1", "b": "2"}, "User": "u"}
    said = {"Env": ["B=3"], "Labels": {"b": "3"}, "Entrypoint": ["e"], "ExposedPorts": {"1/tcp": {}}, "User": ""}
    assert committing.merged(said, own) == {
        "Env": ["B=3", "A=1"], "Labels": {"a": "1", "b": "3"}, "Entrypoint": ["e"], "ExposedPorts": {"1/tcp": {}},
        "User": "u",
    }  # fmt: skip
    assert committing.merged({}, own) == own
    both = committing.merged({"Healthcheck": {"Retries": 3}}, {"Healthcheck": {"Test": ["CMD", "x"], "Retries": 1}})
    assert both == {"Healthcheck": {"Test": ["CMD", "x"], "Retries": 3}}


@pytest.mark.parametrize(
    "body",
    [{"Env": 5}, {"Env": [5]}, {"Labels": ["a"]}, {"ExposedPorts": ["80"]}, {"User": 7}, {"Healthcheck": {"Test": 1}}],
)
def test_a_commits_body_of_the_wrong_kind_is_the_clients_fault(body):
    with pytest.raises(UserError, match="invalid"):
        images_made.run_config(Fields(body))


def test_a_commits_body_says_what_an_image_can_have():
    body = {"Hostname": "h", "Tty": True, "Env": ["A=1", "B"], "Cmd": "x", "User": "", "Volumes": {"/v": {}}}
    assert images_made.run_config(Fields(body)) == {"Env": ["A=1", "B"], "Cmd": ["x"], "Volumes": {"/v": {}}}
