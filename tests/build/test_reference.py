"""The Dockerfile reference and docker build's flags, point by point, where no other test says it."""

import http.server
import io
import os
import tarfile
import threading

import pytest

from tests.busybox import rootfs

pytestmark = pytest.mark.needs("range")


def test_triggers_come_first_in_order_once(build):
    build.write(f="x")
    build.image(
        "FROM busybox AS own\nRUN mkdir /o && echo from-own-stage > /o/f\nFROM busybox\n"
        "ONBUILD ARG A=trigger\nONBUILD COPY f /first\nONBUILD RUN cat /first > /second; echo $A >> /second\n"
        "ONBUILD RUN <<E\necho heredoc > /third\nE\nONBUILD COPY --from=busybox /bin/busybox /fourth\n",
        "-t", "parent:1",
    )  # fmt: skip
    text = "FROM parent:1\nRUN cat /second /third > /own; test -x /fourth\n"
    child = build.image(text, "--build-arg", "A=given")
    assert build.inside(child, "cat", "/own") == "xgiven\nheredoc\n"
    assert "OnBuild" not in build.inspect(child)["Config"]
    grandchild = build("FROM parent:1 AS c\nRUN echo c > /c\nFROM c\nRUN test -e /second\n", "--no-cache")
    assert grandchild.stderr.count(b"RUN <<E") == 1


def test_a_trigger_names_a_stage_that_is_not_built(build):
    build.image("FROM busybox\nONBUILD COPY --from=tools /bin/busybox /t\n", "-t", "needs:1")
    text = "FROM busybox AS tools\nRUN true\nFROM needs:1\n"
    done = build(text, check=False)
    assert (done.returncode, b"the target does not need otherwise" in done.stderr) == (1, True)
    good = build.image(f"{text}COPY --from=tools /bin/busybox /u\n")
    assert build.inside(good, "ls", "/t", "/u").split() == ["/t", "/u"]


def test_a_volumes_later_changes_stay(build):
    ident = build.image(
        "FROM busybox\nRUN mkdir /v && echo 1 > /v/a\nVOLUME /v\nRUN echo 2 > /v/b; rm /v/a\nCOPY Dockerfile /v/c\n"
    )
    child = build.image(f"FROM {ident}\nRUN ls /v > /listed\n")
    assert build.inside(child, "cat", "/listed").split() == ["b", "c"]


def test_what_is_taken_back(build):
    parent = build.image('FROM busybox\nHEALTHCHECK CMD true\nENTRYPOINT ["x"]\nCMD ["y"]\nEXPOSE 80\n')
    child = build.inspect(build.image(f"FROM {parent}\nHEALTHCHECK NONE\nENTRYPOINT []\nCMD []\n"))["Config"]
    assert child["Healthcheck"] == {"Test": ["NONE"]}
    assert (child.get("Entrypoint"), child.get("Cmd")) == (None, None)


@pytest.mark.parametrize("network", ["none", "host"])
def test_the_network_of_one_step(build, network):
    own = os.readlink("/proc/self/ns/net")
    text = f"FROM busybox\nRUN --network={network} readlink /proc/self/ns/net > /n; ls /sys/class/net > /l\n"
    ident = build.image(text, "--no-cache")
    assert (build.inside(ident, "cat", "/n").strip() == own) is (network == "host")
    if network == "none":
        assert build.inside(ident, "cat", "/l") == "lo\n"


def test_flags_of_every_step(build):
    ident = build.image(
        "FROM busybox\nRUN grep -w there /etc/hosts > /h; ulimit -n > /u; df -k /dev/shm | tail -1 > /s\n",
        "--add-host", "there:192.0.2.7", "--ulimit", "nofile=77:78", "--shm-size", "3m", "--no-cache",
    )  # fmt: skip
    assert build.inside(ident, "cat", "/h").split() == ["192.0.2.7", "there"]
    assert build.inside(ident, "cat", "/u") == "77\n"
    assert build.inside(ident, "cat", "/s").split()[1] == "3072"
    assert build.inside(ident, "cat", "/etc/hosts").find("there") < 0, "it is no part of the image"


def test_arguments_that_need_no_declaration(build):
    text = "FROM busybox\nRUN echo $HTTP_PROXY $http_proxy $no_proxy $TARGETARCH. > /p\n"
    ident = build.image(text, "--build-arg", "HTTP_PROXY=http://u:hush@p:1", "--build-arg", "no_proxy=n")
    assert build.inside(ident, "cat", "/p") == "http://u:hush@p:1 http://u:hush@p:1 n .\n"
    assert b"hush" not in build.cli("history", "--no-trunc", ident, check=True).stdout
    again = build(text, "--build-arg", "HTTP_PROXY=other")
    assert again.stdout.decode().split()[-1] == ident, "a proxy decides no step"


def test_quotes_of_here_documents(build):
    ident = build.image(
        "FROM busybox\nENV V=value\nCOPY <<plain <<'single' <<\"double\" <<-tabs /h/\n$V \\$V `x`\nplain\n$V\nsingle\n"
        "$V\ndouble\n\tindented $V\n\ttabs\nRUN cat <<A > /a && cat <<'B' > /b\n$V\nA\n$V\nB\n"
    )
    assert build.inside(ident, "cat", "/h/plain", "/h/single", "/h/double", "/h/tabs") == (
        "value $V `x`\n$V\n$V\nindented value\n"
    )
    assert build.inside(ident, "cat", "/a", "/b") == "value\n$V\n"


def test_a_frontend_and_another_escape_are_read(build):
    text = "# syntax=docker/dockerfile:1-labs\n# escape=`\n\nFROM busybox\nENV A=c:\\dir\nRUN echo `\n  one > /o\n"
    ident = build.image(text)
    assert build.inside(ident, "cat", "/o") == "one\n"
    assert "A=c:\\dir" in build.inspect(ident)["Config"]["Env"]


@pytest.fixture
def served(tmp_path):
    """Serve tmp_path/web; give its address."""
    place = tmp_path / "web"
    place.mkdir()

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *words, **options) -> None:
            super().__init__(*words, directory=str(place), **options)

        def log_message(self, *words) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet)
    threading.Thread(target=server.serve_forever).start()
    yield place, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_what_is_added_from_a_server(build, served):
    place, address = served
    (place / "f").write_text("file")
    os.utime(place / "f", (1_000_000_000, 1_000_000_000))
    with tarfile.open(place / "a.tgz", "w:gz") as tar:
        tar.add(place / "f", "inner/f")
    ident = build.image(
        f"FROM busybox\nADD {address}/f /plain\nADD {address}/f /d/\nADD {address}/a.tgz /kept/\n"
        f"ADD --unpack=true {address}/a.tgz /out/\nADD --chmod=u=rw,go=r --chown=3:4 {address}/f?x=y /m/\n"
    )
    names = ("/plain", "/d/f", "/kept/a.tgz", "/out/inner/f", "/m/f")
    found = build.inside(ident, "stat", "-c", "%n %a %u:%g", *names).splitlines()
    assert found[:3] == [f"{name} 600 0:0" for name in names[:3]]
    assert found[4] == "/m/f 644 3:4"
    assert build.inside(ident, "stat", "-c", "%Y", "/plain") == "1000000000\n"
    for text, said in ((f"ADD {address}/none /", b"answers 404"), (f"ADD {address}/ /d/", b"without a file's name")):
        done = build(f"FROM busybox\n{text}\n", check=False)
        assert (done.returncode, said in done.stderr, b"Dockerfile:2" in done.stderr) == (1, True, True), text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("RUN --security=insecure true", "refused"),
        ("RUN --network=bridge true", "'bridge' is not known"),
        ("RUN --mount=type=bind,from=nothing.invalid/x,target=/x true", "Dockerfile:3"),
        ("COPY --from=7 / /", "there is no stage 7"),
        ("STOPSIGNAL NOPE", "is no signal"),
        ("USER", "exactly one argument"),
        ("EXPOSE 99999", "is no port"),
        ("HEALTHCHECK --interval=5 CMD x", "is no duration"),
        ("ENV", "at least one argument"),
        ("SHELL bash", "JSON form only"),
        ("COPY ${UNSET:?say it} /", "say it"),
        ("COPY <<END /x", "has no end"),
    ],
)  # fmt: skip
def test_an_error_points_at_its_line(build, text, said):
    done = build(f"FROM busybox\nENV A=b\n{text}\n", check=False)
    told = done.stderr.decode()
    assert done.returncode == 1
    assert "Dockerfile:3:" in told
    assert said in told
    assert f"\n  {text}\n" in told


def test_the_root_directory_may_be_anybodys(build, tmp_path):
    archive = tmp_path / "rootfs.tar"
    with tarfile.open(archive, "w") as tar, tarfile.open(fileobj=io.BytesIO(rootfs())) as plain:
        top = tarfile.TarInfo("./")
        top.type, top.mode, top.uid, top.gid = tarfile.DIRTYPE, 0o755, 5, 6
        tar.addfile(top)
        for member in plain:
            if member.name not in (".", "./"):
                tar.addfile(member, plain.extractfile(member) if member.isreg() else None)
    build.cli("import", str(archive), "others-root", check=True)
    build("FROM others-root\nRUN echo x > /x\n")
