"""Builds as Docker's first builder does them: the context's way, the words, the end."""

import gzip
import io
import os
import shutil
import tarfile
import tomllib
import urllib.parse

import pytest

from tests.api.serving import Server
from tests.api.test_buildkit import assert_no_build_is_left

pytestmark = [pytest.mark.real, pytest.mark.needs("launcher")]
CORPUS = f"{os.path.dirname(os.path.dirname(os.path.abspath(__file__)))}/build/corpus"
CASES = ("18-onbuild", "24-dockerignore-patterns", "26-symlinks", "43-target", "54-copy-exclude")


def packed(files, *more):
    """Return a tar of files, and of entries as they are."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, text in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(text)
            tar.addfile(entry, io.BytesIO(text.encode()))
        for entry in more:
            tar.addfile(entry)
    return stream.getvalue()


def entry(name, kind, link=""):
    made = tarfile.TarInfo(name)
    made.type, made.linkname = kind, link
    return made


def build(server, body, version="v1.50", **words):
    """Build, without a network, and leave no container of a step; return the reply."""
    query = urllib.parse.urlencode({"networkmode": "none", "forcerm": "1", **words}, doseq=True)
    return server.request("POST", f"/{version}/build?{query}", body, {"Content-Type": "application/x-tar"})


def told(reply):
    return "".join(line.get("stream", "") for line in reply.lines)


def test_the_words_are_those_of_docker_s_first_builder(server):
    text = (
        "ARG V=latest\nFROM busybox:$V AS one\nENV A=b\nRUN echo out; echo err >&2; \\\n    touch /x\n"
        "FROM scratch\nCOPY --from=one /x /y\n"
    )
    reply = build(server, packed({"Dockerfile": text}), t=["words:1", "words:2"], labels='{"k": "v"}')
    assert reply.status == 200
    assert reply.headers["Content-Type"] == "application/json"
    said = told(reply)
    for number, step in enumerate(["ARG V=latest", "FROM busybox:$V AS one", "ENV A=b",
                                   "RUN echo out; echo err >&2; touch /x", "FROM scratch",
                                   "COPY --from=one /x /y"], 1):  # fmt: skip
        assert f"Step {number}/6 : {step}\n" in said
    assert [said.index(f"Step {number}/6") for number in range(1, 7)] == sorted(
        said.index(f"Step {number}/6") for number in range(1, 7)
    )
    assert {"stream": "out\n"} in reply.lines
    assert {"stream": "\x1b[91merr\n\x1b[0m"} in reply.lines
    running = said.partition(" ---> Running in ")[2][:12]
    assert f" ---> Removed intermediate container {running}\n" in said
    found = server.request("GET", "/images/words:2/json").json
    assert f"Successfully built {found['Id'][7:19]}\nSuccessfully tagged words:1\nSuccessfully tagged words:2\n" in said
    assert found["Config"]["Labels"] == {"k": "v"}
    idents = [line["aux"]["ID"] for line in reply.lines if "aux" in line]
    assert len(idents) == 2
    assert not any("aux" in line for line in build(server, packed({"Dockerfile": "FROM scratch\n"}), "v1.29").lines)


def test_what_was_built_is_taken_from_the_cache_unless_it_may_not_be(server):
    body = packed({"Dockerfile": "FROM busybox\nENV C=1\nRUN touch /c\nRUN touch /d\n"})
    build(server, body, t="cached")
    for words, count in (
        ({}, 3),
        ({"cachefrom": '["cached"]'}, 3),
        ({"cachefrom": '["nosuch"]'}, 0),
        ({"nocache": "1"}, 0),
    ):
        assert told(build(server, body, **words)).count("Using cache") == count, words


def test_the_id_alone_is_said_where_that_is_asked(server):
    said = told(build(server, packed({"Dockerfile": "FROM scratch\nENV QUIET=1\n"}), q="1"))
    assert said.startswith("sha256:")
    assert server.request("GET", f"/images/{said.strip()}/json").status == 200


@pytest.mark.parametrize(
    ("files", "words", "status", "message"),
    [
        (
            {"Dockerfile": "FROM busybox\nFOO x\n"},
            {},
            400,
            "dockerfile parse error on line 2: unknown instruction: FOO",
        ),
        ({"Dockerfile": ""}, {}, 400, "the Dockerfile (Dockerfile) cannot be empty"),
        ({"Dockerfile": "# nothing\n"}, {}, 400, "file with no instructions"),
        ({"a": "b"}, {}, 400, "Cannot locate specified Dockerfile: Dockerfile"),
        ({"a": "b"}, {"dockerfile": "../a"}, 400, "forbidden path outside the build context: ../a"),
        ({"a": "b"}, {"remote": "/etc"}, 400, "remoteURL (/etc) could not be recognized as URL"),
        ({"a": "b"}, {"memory": "1000000"}, 501, "memory=1000000"),
        ({"a": "b"}, {"securityopt": "x"}, 400, "security options are not supported on linux"),
        ({"a": "b"}, {"isolation": "hyperv"}, 400, 'unsupported isolation: "hyperv"'),
        ({"a": "b"}, {"platform": "foobar"}, 400, "foobar"),
        ({"a": "b"}, {"buildargs": "[1]"}, 400, "buildargs"),
        ({"a": "b"}, {"t": "No/Such"}, 400, "No/Such"),
    ],
)
def test_what_cannot_be_built_is_an_error_before_anything_is_told(server, files, words, status, message):
    reply = build(server, packed(files), **words)
    assert (reply.status, message in reply.message) == (status, True), reply.message


def test_a_limit_is_left_out_where_the_server_was_told_so(server):
    lenient = Server(server.cli, "--limits", "warn")
    try:
        said = told(build(lenient, packed({"Dockerfile": "FROM scratch\nENV LIMITED=1\n"}), memory="1000000"))
        assert "[Warning] memory is left out\n" in said
        assert "Successfully built" in said
    finally:
        lenient.close()


def test_a_body_that_is_no_archive_is_refused(server):
    assert "no tar archive" in build(server, b"FROM busybox\n").message
    assert build(server, b"").message == "Cannot locate specified Dockerfile: Dockerfile"


def test_a_program_that_fails_ends_the_stream_with_its_code(server):
    last = build(server, packed({"Dockerfile": "FROM busybox\nRUN exit 7\n"}), t="failed").lines[-1]
    words = "The command '/bin/sh -c exit 7' returned a non-zero code: 7"
    assert last == {"errorDetail": {"code": 7, "message": words}, "error": words}
    assert server.request("GET", "/images/failed/json").status == 404


def test_an_argument_without_a_value_is_none_of_this_machine(server):
    body = packed({"Dockerfile": "FROM busybox\nARG HOME=unsaid\nRUN echo $HOME > /home-is\nRUN cat /home-is\n"})
    assert {"stream": "unsaid\n"} in build(server, body, buildargs='{"HOME": null}').lines
    assert {"stream": "said\n"} in build(server, body, buildargs='{"HOME": "said"}').lines


def test_a_step_has_a_network_of_its_own_and_may_not_change_it(server):
    body = packed(
        {"Dockerfile": "FROM busybox\nRUN ping -c1 127.0.0.1\nRUN ip link add x type dummy && touch /made; true\n"}
    )
    said = told(build(server, body, nocache="1"))
    assert "1 packets received" in said
    assert "Operation not permitted" in said


def test_an_archive_may_be_compressed_and_say_what_it_leaves_out(server):
    files = {"Dockerfile": "FROM busybox\nCOPY . /c\nRUN ls -A /c\n", ".dockerignore": ".dockerignore\nDockerfile\nx\n"}
    said = told(build(server, gzip.compress(packed({**files, "x": "sent", "y": "sent"}))))
    assert "\nx\ny\n" in said.partition("RUN ls -A /c")[2].replace(" ---> Running", "\n")
    assert "Dockerfile" not in said.partition("RUN ls -A /c")[2]


def test_a_hostile_context_stays_in_its_place(server, tmp_path):
    outside = tmp_path / "outside"
    outside.write_text("not for them\n")
    text = "FROM busybox\nCOPY escape /e\nRUN cat /e; echo end\n"
    reply = build(server, packed({"Dockerfile": text}, entry("escape", tarfile.SYMTYPE, str(outside))))
    assert "not for them" not in told(reply)
    assert "error" in reply.lines[-1]
    for hostile in (entry("../out", tarfile.REGTYPE), entry(f"{tmp_path}/made", tarfile.REGTYPE)):
        build(server, packed({"Dockerfile": "FROM scratch\nCOPY . /\n"}, hostile))
    assert not (tmp_path / "made").exists()
    device = entry("null", tarfile.CHRTYPE)
    device.devmajor, device.devminor = 1, 3
    reply = build(server, packed({"Dockerfile": "FROM busybox\nCOPY . /d\nRUN test ! -c /d/null\n"}, device))
    assert "error" in reply.lines[-1] or "Successfully" in told(reply)


ENDLESS = ("sleep 1000", "while echo more; do usleep 50000; done")


@pytest.mark.parametrize("program", ENDLESS)
def test_a_client_that_goes_away_ends_its_build(server, program):
    with server.connect() as wire:
        body = packed({"Dockerfile": f"FROM busybox\nRUN echo begun; {program}\n"})
        wire.sendall(
            b"POST /build?networkmode=none HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
        )
        said = b""
        while b"begun\\n" not in said.replace(b"echo begun", b""):
            said += wire.recv(4096)
    assert_no_build_is_left(server)


@pytest.mark.parametrize("program", ENDLESS)
def test_a_build_is_cancelled_by_the_id_that_it_was_given(server, program):
    with server.connect() as wire:
        body = packed({"Dockerfile": f"FROM busybox\nRUN echo begun; {program}\n"})
        wire.sendall(
            b"POST /build?networkmode=none&buildid=mine HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%b"
            % (len(body), body)
        )
        said = b""
        while b"begun\\n" not in said.replace(b"echo begun", b""):
            said += wire.recv(4096)
        assert server.request("POST", "/build/cancel?id=mine").status == 200
        while b"build cancelled" not in said:
            said += wire.recv(4096)
    assert_no_build_is_left(server)
    assert server.request("POST", "/build/cancel").status == 400


def test_what_builds_keep_is_listed_and_pruned(server):
    build(server, packed({"Dockerfile": "FROM busybox\nRUN head -c 100000 /dev/zero > /kept\n"}))
    kept = server.request("GET", "/system/df?type=build-cache").json["BuildCache"]
    assert any("/kept" in one["Description"] and one["Size"] >= 100000 for one in kept)
    assert server.request("POST", "/build/prune?filters=" + urllib.parse.quote('{"until": ["24h"]}')).json == {
        "CachesDeleted": [], "SpaceReclaimed": 0,
    }  # fmt: skip
    gone = server.request("POST", "/build/prune").json
    assert {one["ID"] for one in kept} <= set(gone["CachesDeleted"])
    assert server.request("GET", "/system/df?type=build-cache").json["BuildCache"] == []


def test_what_no_step_has_prunes_nothing(server):
    reply = server.request("POST", "/build/prune?filters=" + urllib.parse.quote('{"label": ["a=b"]}'))
    assert (reply.status, reply.json) == (200, {"CachesDeleted": [], "SpaceReclaimed": 0})


def test_stages_that_nobody_needs_are_built_as_docker_s_first_builder_does(server):
    reply = build(server, packed({"Dockerfile": "FROM busybox AS one\nRUN exit 3\nFROM scratch\n"}))
    assert reply.lines[-1]["errorDetail"]["code"] == 3
    assert not any("aux" in line for line in reply.lines)


def test_names_that_climb_and_modes_that_are_none_are_taken_as_docker_takes_them(server):
    files = {"Dockerfile": "FROM busybox\nCOPY foo bar up /\nRUN cat /foo /bar /up\n"}
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        for name, text in {**files, "dir/../foo": "foo\n", "/bar": "bar\n", "../up": "up\n"}.items():
            one = tarfile.TarInfo(name)
            one.size, one.mode = len(text), 0
            tar.addfile(one, io.BytesIO(text.encode()))
    said = told(build(server, stream.getvalue()))
    assert "foo\nbar\nup\n" in said


@pytest.mark.needs("program:docker")
def test_the_client_s_builds_of_the_corpus_are_hull_s_own(server, tmp_path):
    """Each context, as the client sends it, is the one that `hull build` reads: the same steps, the same image."""
    for name in CASES:
        context = tmp_path / name
        shutil.copytree(
            f"{CORPUS}/{name}", context, symlinks=True, ignore=shutil.ignore_patterns("prepare.sh", "case.toml")
        )
        options = []
        if os.path.exists(f"{CORPUS}/{name}/case.toml"):
            with open(f"{CORPUS}/{name}/case.toml", "rb") as file:
                options = tomllib.load(file)["options"]
        ours = server.cli("build", "--network", "none", "-q", *options, ".", cwd=context, check=True, timeout=120)
        words = ("build", "--network", "none", "-q", *options, ".")
        theirs = server.docker(*words, cwd=context, check=True, env=server.env(DOCKER_BUILDKIT="0"), timeout=120)
        assert theirs.stdout == ours.stdout, name
