"""What BuildKit's attributes ask of the builder, and what is on the wire."""

import io
import tarfile
import threading

import pytest
from hull.builder import history
from hull.builder.asked import Output
from hull.builder.building import Built
from hull.builder.displays import Step
from hull.builder.sharing import Place
from hull.docker import buildkit, buildlent, buildstatus
from hull.docker.buildkit import Wanted
from hull.docker.buildlent import Found
from hull.docker.buildmessages import Types
from hull.dockerfile.place import DockerfileError
from hull.errors import Unsupported, UserError
from hull.model import Ulimit


class Lender:
    """A client that lends files by their directory's name."""

    def __init__(self, **directories):
        self.directories, self.asked = directories, []

    def files(self, name, *, only=(), without=()):
        self.asked.append((name, only, without))
        made = io.BytesIO()
        with tarfile.open(fileobj=made, mode="w") as tar:
            for path, text in self.directories[name].items():
                if (not only or path in only) and path not in without:
                    entry = tarfile.TarInfo(path)
                    entry.size = len(text)
                    tar.addfile(entry, io.BytesIO(text))
        made.seek(0)
        return made

    def upload(self, url):
        assert url == "http://buildkit-session/x"
        return io.BytesIO(b"FROM uploaded\n")


def names(file):
    with tarfile.open(fileobj=file) as tar:
        return tar.getnames()


def test_a_context_is_what_the_patterns_leave():
    lender = Lender(dockerfile={"D": b"FROM x\n"}, context={".dockerignore": b"a\n# no\n\n!b/\n", "a": b"", "c": b""})
    notes = []
    found = buildlent.find({"filename": "D"}, lender, notes.append)
    assert (found.context, found.file, found.sent.text) == ("", "D", b"FROM x\n")
    assert lender.asked[-1] == ("context", (), ("a", "!b"))
    assert names(found.sent.file) == [".dockerignore", "c"]
    assert notes[0] == "[internal] load build definition from D"


def test_patterns_beside_the_dockerfile_win():
    lender = Lender(
        dockerfile={"D": b"FROM x\n", "D.dockerignore": b"c\n"}, context={".dockerignore": b"a\n", "c": b""}
    )
    found = buildlent.find({"filename": "D"}, lender, lambda _: None)
    assert found.sent.ignore == "c\n"
    assert names(found.sent.file) == [".dockerignore"]


def test_a_dockerfile_alone_may_be_uploaded():
    wanted = Wanted("dockerfile.v0", {"context": "http://buildkit-session/x"})
    found = buildlent.find(wanted.attributes, Lender(), lambda _: None)
    assert (found.sent.file, found.sent.text) == (None, b"FROM uploaded\n")


def test_a_dockerfile_that_is_not_there_is_named():
    with pytest.raises(UserError, match="open Dockerfile: no such file"):
        buildlent.find({}, Lender(dockerfile={}, context={}), lambda _: None)


def test_attributes_become_what_the_builder_is_asked():
    given = {
        "target": "t", "build-arg:A": "1", "label:l": "v", "no-cache": "one,two", "image-resolve-mode": "pull",
        "add-hosts": "a=1.2.3.4,b=::1", "shm-size": "64", "ulimit": "nofile=1:2", "force-network-mode": "none",
        "cache-imports": '[{"Type": "registry", "Attrs": {"ref": "r:5000/c"}}, {"Type": "local", "Attrs": {}}]',
    }  # fmt: skip
    exporters = (("moby", {"name": "a:1,b"}), ("local", {}))
    wanted = Wanted("dockerfile.v0", given, exporters, (("inline", {}),))
    asked = buildkit.asked(wanted, Found("", None, "D"), ["/p0", "/p1"], ("n=/x",))
    assert (asked.tags, asked.target, asked.arguments, asked.labels) == (("a:1", "b"), "t", ("A=1",), ("l=v",))
    assert (asked.cache, asked.fresh, asked.pull, asked.network) == (True, ("one", "two"), True, "none")
    assert (asked.hosts, asked.shm_size, asked.ulimits) == (("a:1.2.3.4", "b:::1"), 64, (Ulimit("nofile", 1, 2),))
    assert (asked.cache_from, asked.cache_to) == ((Place("registry", "r:5000/c"),), (Place("inline", ""),))
    assert asked.outputs == (Output("image"), Output("tar", "/p1"))
    assert asked.contexts == ("n=/x",)
    assert not buildkit.asked(Wanted("dockerfile.v0", {"no-cache": ""}), Found("", None, ""), [], ()).cache


@pytest.mark.parametrize(
    ("frontend", "given", "words"),
    [
        ("other.v0", {}, "other.v0"),
        ("gateway.v0", {"source": "example.test/x:1"}, "example.test/x:1"),
        ("dockerfile.v0", {"memory": "5"}, "memory=5"),
        ("dockerfile.v0", {"force-network-mode": "net"}, "net"),
        ("dockerfile.v0", {"attest:sbom": "x"}, "sbom"),
        ("dockerfile.v0", {"multi-platform": "true"}, "several platforms"),
    ],
)
def test_what_cannot_be_honoured_is_refused(frontend, given, words):
    with pytest.raises(Unsupported, match=words):
        buildkit.refuse(Wanted(frontend, given))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("shm-size", "64m"), ("build-arg:SOURCE_DATE_EPOCH", "now"), ("ulimit", "nofile=a:b"), ("ulimit", "nofile"),
        ("cache-imports", "{"), ("cache-imports", "5"), ("cache-imports", '["x"]'),
        ("cache-imports", '[{"Type":"registry","Attrs":5}]'),
    ],
)  # fmt: skip
def test_words_that_cannot_be_read_are_the_clients_fault(key, value):
    with pytest.raises(UserError, match="invalid"):
        buildkit.asked(Wanted("dockerfile.v0", {key: value}), Found("", None, "D"), [], ())


def test_docker_s_own_frontend_is_ours():
    buildkit.refuse(Wanted("gateway.v0", {"source": "docker/dockerfile:1@sha256:00"}))


def test_further_contexts_are_lent_or_named():
    given = {"context:a": "docker-image://busybox", "context:b::linux/amd64": "local:b"}
    found = dict(buildlent.named(given, Lender(b={"f": b"1"})))
    assert found["a"] == "docker-image://busybox"
    assert names(found["b"]) == ["f"]
    with pytest.raises(Unsupported, match="input"):
        dict(buildlent.named({"context:c": "input:x"}, Lender()))


def test_messages_are_protobuf_s():
    types = Types()
    assert types.Packet(type=1, ID=3).SerializeToString() == b"\x08\x01\x18\x03"
    assert types.Solved(ExporterResponse={"k": "v"}).SerializeToString() == b"\x0a\x06\x0a\x01k\x12\x01v"
    assert types.StatusRequest.FromString(b"\x0a\x01r\x52\x01x").Ref == "r"  # a field that is not in the table
    with pytest.raises(AttributeError):
        _ = types.Nothing


def test_an_error_shows_the_file_s_lines():
    told = buildstatus.Statuses(Types(), threading.Event())
    told.read(Found("", buildlent.Sent(None, b"FROM x\nNO\n"), "D"))
    error = DockerfileError("D", 2, 1, "NO", "there is no instruction 'NO'")
    message, details = told.failure(error)
    assert message == "dockerfile parse error on line 2: unknown instruction: NO"
    made = Types().Failure.FromString(details)
    assert made.details[0].type_url == "github.com/moby/buildkit/errdefs.Source+json"
    assert b'"line": 2' in made.details[0].value


def test_output_without_an_end_is_clipped():
    told, step = buildstatus.Statuses(Types(), threading.Event()), Step("s", 1, 1, "RUN yes")
    logs = [Types().Status.FromString(told.wrote(step, b"x" * ((1 << 20) - 1))).logs for _ in range(4)]
    assert [[log.msg[:9] for log in some] for some in logs] == [[b"x" * 9], [b"x" * 9], [b"[output c"], []]


def test_the_image_is_known_by_its_config():
    answer = history.answered(Built("sha256:1", "", ("a:1",)))
    assert answer == {
        "containerimage.config.digest": "sha256:1",
        "containerimage.digest": "sha256:1",
        "image.name": "a:1",
    }
    assert history.answered(Built("")) == {}
