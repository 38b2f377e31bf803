"""RUN: the stage's user, directory and variables; mounts; failures that point at their line."""

import os
import signal
import socket
import subprocess
import time

import pytest

pytestmark = pytest.mark.needs("range")


def test_variables_directory_and_user(build):
    ident = build.image(
        "FROM busybox\nARG A=arg\nENV A=env B=b\nARG C=c\nWORKDIR /w\n"
        "RUN echo u:x:7:7::/:/bin/sh >> /etc/passwd\nUSER u\n"
        'RUN echo $A $B $C $PWD $(id -u) > /tmp/said\nSHELL ["/bin/sh", "-ec"]\nRUN echo $0 >> /tmp/said\n'
    )
    assert build.inside(ident, "cat", "/tmp/said") == "env b c /w 7\n/bin/sh\n"
    found = build.inspect(ident)["Config"]
    assert [one for one in found["Env"] if one.startswith(("A", "B", "C"))] == ["A=env", "B=b"]
    assert (found["User"], found["WorkingDir"]) == ("u", "/w")


def test_a_failure_names_the_line_and_the_code(build):
    done = build("FROM busybox\n\nRUN echo seen; \\\n    exit 42\n", check=False)
    told = done.stderr.decode()
    assert done.returncode == 1
    assert "Dockerfile:3:1: RUN failed: exit code 42" in told
    assert told.index("| seen") < told.index("exit code 42")
    assert (done.stdout, build.scratch) == (b"", [])


def test_a_quiet_failure_tells_what_the_step_wrote(build):
    done = build("FROM busybox\nRUN echo se''en; exit 3\n", "-q", check=False)
    assert b"seen" in done.stderr
    assert b"exit code 3" in done.stderr
    good = build("FROM busybox\nRUN echo seen\n", "-q")
    assert (good.stderr, good.stdout.startswith(b"sha256:")) == (b"", True)


def test_a_step_that_changes_nothing_makes_no_layer(build):
    base = build.inspect("busybox")["RootFS"]["Layers"]
    ident = build.image("FROM busybox\nRUN true\nRUN ls /proc /sys /dev /etc > /dev/null\n")
    assert build.inspect(ident)["RootFS"]["Layers"] == base


def test_a_secret_is_in_no_layer_no_history_and_no_key(build):
    build.write(token="hunter-two")
    text = (
        "FROM busybox\nRUN --mount=type=secret,id=t,mode=0440,uid=5,gid=6 stat -c '%a %u %g' /run/secrets/t > /seen"
        " && cat /run/secrets/t | wc -c >> /seen && cat /run/secrets/t\n"
        "RUN --mount=type=secret,id=e,env=TOKEN echo ${#TOKEN} >> /seen\n"
    )
    flags = ("--secret", "id=t,src=token", "--secret", "id=e,env=HUSH")
    ident = build.image(text, *flags, env=build.cli.env(HUSH="hunter-three"))
    assert build.inside(ident, "cat", "/seen") == "440 5 6\n10\n12\n"
    assert "run" not in build.inside(ident, "ls", "/").split(), "no mount point is left behind"
    for word in (b"hunter-two", b"hunter-three"):
        assert subprocess.run(["grep", "-rqF", word, build.cli.root], check=False).returncode == 1
    build.write(token="another")
    again = build(text, *flags, env=build.cli.env(HUSH="other"))
    assert again.stdout.decode().split()[-1] == ident
    missing = build("FROM busybox\nRUN --mount=type=secret,id=z,required true\n", check=False)
    assert missing.returncode == 1
    assert b"Dockerfile:2" in missing.stderr


def test_mounts(build):
    build.write(f="content", __dockerignore="hidden\n", hidden="no")
    ident = build.image(
        "FROM busybox AS made\nRUN mkdir /m && echo made > /m/f && chown 3:4 /m/f\nFROM busybox\n"
        "RUN --mount=target=/c,rw cp /c/f /from-context && ls /c > /listed && echo x > /c/new\n"
        "RUN --mount=target=/c test ! -e /c/new && ! touch /c/f 2>/dev/null\n"
        "RUN --mount=from=made,source=/m,target=/m cp -p /m/f /from-stage\n"
        "RUN --mount=from=made,source=/m/f,target=/one cat /one > /from-file\n"
        "RUN --mount=type=tmpfs,target=/t echo x > /t/x && grep -c ' /t tmpfs' /proc/mounts > /tmpfs\n"
    )
    assert build.inside(ident, "cat", "/from-context", "/from-stage", "/from-file") == "contentmade\nmade\n"
    assert build.inside(ident, "cat", "/listed", "/tmpfs").split() == ["Dockerfile", "f", "1"]
    assert build.inside(ident, "stat", "-c", "%u %g", "/from-stage") == "3 4\n"
    assert not {"c", "m", "t", "one"} & set(build.inside(ident, "ls", "/").split()), "no mount point is left behind"


def test_an_agents_socket(build):
    path = f"/tmp/hull-agent-{os.getpid()}"
    with socket.socket(socket.AF_UNIX) as agent:
        agent.bind(path)
        try:
            text = "FROM busybox\nRUN --mount=type=ssh test -S $SSH_AUTH_SOCK && echo $SSH_AUTH_SOCK > /s\n"
            ident = build.image(text, "--ssh", f"default={path}", "--no-cache")
        finally:
            os.unlink(path)
    assert build.inside(ident, "cat", "/s") == "/run/buildkit/ssh_agent.0\n"
    done = build("FROM busybox\nRUN --mount=type=ssh,required true\n", check=False)
    assert (done.returncode, b"--ssh default" in done.stderr) == (1, True)


def test_caches_are_kept_private_and_locked(build):
    text = (
        "FROM busybox\nRUN --mount=type=cache,id=k{0},target=/c,mode=0750,uid=9"
        " ls -ldn /c > /l; echo x >> /c/n; wc -l < /c/n > /n\n"
    )
    name = f"{os.getpid()}"
    first = build.image(text.format(name), "--no-cache")
    second = build.image(text.format(name), "--no-cache")
    assert (build.inside(first, "cat", "/n"), build.inside(second, "cat", "/n")) == ("1\n", "2\n")
    assert build.inside(first, "cat", "/l").split()[:3] == ["drwxr-x---", "2", "9"]
    assert "c" not in build.inside(first, "ls", "/").split()


def test_scripts(build):
    ident = build.image(
        "FROM busybox\nRUN <<EOF\nset -e\nfor i in 1 2; do echo $i >> /lines; done\nEOF\n"
        'RUN <<EOF\n#!/bin/busybox sh\necho by $0 > /by\nEOF\nRUN ["/bin/sh", "-c", "echo json > /json"]\n'
    )
    assert build.inside(ident, "cat", "/lines", "/by", "/json") == "1\n2\nby /dev/pipes/EOF\njson\n"


def test_only_what_a_front_may_grant(build):
    done = build("FROM busybox\nRUN --security=insecure true\n", check=False)
    assert (done.returncode, b"Dockerfile:2" in done.stderr) == (1, True)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_interrupted_build_leaves_nothing(build, how):
    (build.context / "Dockerfile").write_text("FROM busybox\nRUN echo begun; exec sleep 987.5\n")
    argv = ("build", "--network", "none", ".")
    with build.cli.popen(*argv, cwd=build.context, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL) as child:
        while b"| begun" not in child.stderr.readline():
            pass
        child.send_signal(how)
        child.stderr.read()
        assert child.wait(20) != 0
    deadline = time.monotonic() + 10
    while subprocess.run(["pgrep", "-xf", "sleep 987.5"], check=False, capture_output=True).returncode == 0:
        assert time.monotonic() < deadline, "the step runs on"
        time.sleep(0.05)
    build("FROM busybox\nRUN true\n")
    assert build.scratch == []
    assert b"build" not in build.cli("ps", "-a", check=True).stdout
