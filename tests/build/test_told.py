"""What a build tells, in each of the ways to tell it, and the files it writes about itself."""

import base64
import json
import os
import pty
import re

import pytest

pytestmark = pytest.mark.needs("range")

TEXT = "FROM busybox AS one\nRUN echo sa''id; echo x > /x\nFROM one\nCOPY f /f\n"


def test_check_builds_nothing(build):
    build.write(f="x")
    before = build.cli("images", "-aq", check=True).stdout
    done = build("FROM busybox as b\nCOPY nothing /\nCMD run\n", "--check", check=False)
    told = done.stdout.decode()
    assert done.returncode == 1
    assert re.findall(r"^WARNING: (\w+)$", told, re.MULTILINE) == ["FromAsCasing", "JSONArgsRecommended"]
    assert "Dockerfile:3\n  3 | CMD run" in told
    assert b"Dockerfile has 2 warnings" in done.stderr
    assert build.cli("images", "-aq", check=True).stdout == before
    good = build("FROM busybox\nCOPY f /\n", "--check")
    assert (good.stdout, good.stderr) == (b"Check complete, no warnings found.\n", b"")
    assert build("FROM busybox\nRUN x\nNO\n", "--check", check=False).returncode == 1, (
        "what cannot be read is told, too"
    )


def test_warnings_are_counted_or_errors(build):
    text = "FROM busybox\nCMD run\n"
    done = build(text)
    assert b"1 warning: hull build --check shows them" in done.stderr
    wrong = build(f"# check=error=true\n{text}", check=False)
    assert (wrong.returncode, b"WARNING: JSONArgsRecommended" in wrong.stdout) == (1, True)
    build(f"# check=error=true;skip=JSONArgsRecommended\n{text}")
    flag = ("--build-arg", "BUILDKIT_DOCKERFILE_CHECK=error=true")
    assert build(text, *flag, check=False).returncode == 1
    assert b"warning" not in build(text, "--build-arg", "BUILDKIT_DOCKERFILE_CHECK=skip=all").stderr
    build.write(f="x", __dockerignore="f\n")
    assert b"CopyIgnoredFile" in build("FROM busybox\nCOPY f /\n", "--check", check=False).stdout


def test_plain(build, lines):
    build.write(f="x")
    assert [re.sub(r"\d+\.\d+s$", "T", line) for line in lines(build(TEXT, "--no-cache", "--progress", "plain"))] == [
        "[one 1/2] FROM busybox AS one  T", "[one 2/2] RUN echo sa''id; echo x > /x", "  one | said",
        "[one 2/2] done  T", "[stage-1 1/2] FROM one  T", "[stage-1 2/2] COPY f /f  T",
    ]  # fmt: skip
    failed = lines(build("FROM busybox\nRUN false\nRUN true\n", check=False))
    assert "[stage-0 2/3]  ERROR" in failed


def test_rawjson(build):
    build.write(f="x")
    build(TEXT)
    done = build(TEXT.replace("x > /x", "y > /y"), "--progress", "rawjson", "--no-cache-filter", "one")
    told = [json.loads(line) for line in done.stderr.splitlines()]
    steps = [one for line in told for one in line.get("vertexes", [])]
    names = [one["name"] for one in steps if "completed" in one]
    assert names[0] == "[one 1/2] FROM busybox AS one"
    assert len(names) == 4
    (log,) = [one for line in told for one in line.get("logs", [])]
    assert base64.b64decode(log["data"]) == b"said\n"
    assert log["vertex"] == next(one["digest"] for one in steps if "RUN" in one["name"])
    again = build(TEXT.replace("x > /x", "y > /y"), "--progress", "rawjson").stderr.splitlines()
    assert any(one.get("cached") for line in again for one in json.loads(line).get("vertexes", []))
    wrong = build("FROM busybox\nRUN exit 7\n", "--progress", "rawjson", check=False).stderr.splitlines()
    assert any("exit code 7" in one.get("error", "") for line in wrong[:3] for one in json.loads(line)["vertexes"])


def test_a_terminal_gets_a_screen(build):
    """The failed step's own words are in its error: a screen does not keep them."""
    (build.context / "Dockerfile").write_text(
        "FROM busybox\nRUN for i in 1 2 3 4 5 6; do echo l''ine$i; done; exit 3\n"
    )
    leader, follower = pty.openpty()
    argv = ("build", "--network", "none", "--no-cache", ".")
    env = build.cli.env(TERM="xterm", COLUMNS="100")
    with build.cli.popen(*argv, cwd=build.context, stdout=follower, stderr=follower, env=env) as child:
        os.close(follower)
        data = b""
        try:
            while chunk := os.read(leader, 1 << 16):
                data += chunk
        except OSError:
            pass  # the terminal's end
        assert child.wait(20) == 1
    os.close(leader)
    told = data.decode()
    assert "\x1b[J" in told
    final = told.rpartition("\x1b[J")[2]
    assert "[stage-0 2/2] RUN for i" in final
    assert "ERROR" in final
    assert "line1" in final
    assert "exit code 3" in final


def test_nothing_is_redrawn_where_it_is_no_terminal(build):
    assert b"\x1b" not in build("FROM busybox\nRUN true\n").stderr


def test_what_was_built_in_a_file(build, tmp_path):
    ident = build.image(
        "FROM busybox\nRUN true\n", "--metadata-file", str(tmp_path / "m"), "-t", "meta:1", "-t", "meta:2"
    )
    found = json.loads((tmp_path / "m").read_text())
    assert found == {
        "containerimage.config.digest": ident, "image.name": "docker.io/library/meta:1,docker.io/library/meta:2"
    }  # fmt: skip


def test_one_stage_anew(build, lines):
    build.write(f="x")
    text = (
        "FROM busybox AS one\nRUN echo 1 > /1\nFROM busybox AS two\nRUN echo 2 > /2\nFROM two\nCOPY --from=one /1 /\n"
    )
    build(text)
    told = [line for line in lines(build(text, "--no-cache-filter", "One")) if "RUN" in line]
    assert sorted(line.endswith("CACHED") for line in told) == [False, True]
    assert next(line for line in told if "[one" in line) == "[one 2/2] RUN echo 1 > /1"


def test_one_platform_at_a_time(build):
    done = build("FROM busybox\n", "--platform", "linux/amd64,linux/arm64", check=False)
    assert (done.returncode, b"hull manifest create" in done.stderr) == (125, True)
    alone = build.image("FROM scratch\nCOPY Dockerfile /\n", "--platform", "linux/arm64")
    assert build.inspect(alone)["Architecture"] == "arm64"


def test_the_dockerfile_on_standard_input(build):
    build.write(f="context")
    argv = ("build", "--network", "none", "-q", "-f", "-", ".")
    done = build.cli(*argv, cwd=build.context, input=b"FROM busybox\nCOPY f /f\n", check=True)
    assert build.inside(done.stdout.decode().strip(), "cat", "/f") == "context"
