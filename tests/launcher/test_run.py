"""A plan becomes a container, and the shell sees its program: streams, exit status, descriptors, environment."""

import os
import signal
import subprocess

import pytest

from tests.launcher.conftest import Box
from tests.waiting import readable


def test_root_is_an_overlay_and_the_layer_stays(box: Box) -> None:
    done = box.sh("echo changed > /etc/passwd; mkdir /new; ls -d /new; id -u; hostname", extra=(("hostname", "box"),))
    assert (done.code, done.out) == (0, "/new\n0\nbox\n"), done.err
    with open(f"{box.layer}/etc/passwd") as file:
        assert file.readline().startswith("root:")
    assert os.path.isdir(f"{box.upper}/new")


def test_root_may_be_a_directory_itself(box: Box) -> None:
    box.give(f"{box.layer}/tmp")
    done = box.sh("echo kept > /tmp/file", root=(("root-bind", box.layer),))
    assert done.code == 0, done.err
    assert os.path.exists(f"{box.layer}/tmp/file")


def test_many_layers_with_long_and_odd_names(box: Box) -> None:
    lowers = []
    for number in range(70):
        place = f"{box.base}/odd,:\\ {'n' * 200}/{number}"
        os.makedirs(place)
        with open(f"{place}/file{number}", "w") as file:
            file.write(str(number))
        lowers.append(("lower", place))
    root = (("root-overlay", box.upper, box.work), *lowers, ("lower", box.layer))
    done = box.sh("cat /file0 /file69; ls / | grep -c file", root=root)
    assert (done.code, done.out) == (0, "06970\n"), done.err


@pytest.mark.parametrize("code", [0, 1, 42, 125, 127, 255])
def test_exit_status(box: Box, code: int) -> None:
    done = box.sh(f"exit {code}")
    assert done.code == code
    assert done.event("exit") | {"time": 0} == {"event": "exit", "code": code, "signal": 0, "oom": False, "time": 0}


@pytest.mark.parametrize("name", ["TERM", "KILL", "INT", "SEGV"])
def test_death_by_a_signal(box: Box, name: str) -> None:
    number = signal.Signals[f"SIG{name}"]
    done = box.sh(f"kill -{name} $$")
    assert done.code == 128 + number
    assert done.event("exit")["signal"] == number


@pytest.mark.parametrize(
    ("word", "code", "reason"),
    [
        ("nothing-of-that-name", 127, "No such file"),
        ("/nothing", 127, "No such file"),
        ("/bin/busybox/x", 127, "Not a directory"),
        ("/etc", 126, "Permission denied"),
        ("/etc/passwd", 126, "Permission denied"),
        ("/empty", 126, "Exec format error"),
        ("/script", 127, "interpreter"),
        ("", 127, "No such file"),
    ],
)
def test_not_found_is_127_and_refused_is_126(box: Box, word: str, code: int, reason: str) -> None:
    box.write("empty", "\1", 0o755)
    box.write("script", "#!/nothing\n", 0o755)
    done = box.run(word)
    assert done.code == code
    assert done.err == f"hull: cannot run {word}: {done.err.split(': ', 2)[2]}"
    assert reason in done.err
    assert done.event("failed")["code"] == code
    assert not [event for event in done.events if event["event"] in ("exec", "exit")]


def test_only_three_descriptors_are_open(box: Box) -> None:
    leaks = [os.open("/etc", os.O_RDONLY) for _ in range(5)]
    for fd in leaks:
        os.set_inheritable(fd, True)
    done = box.sh("ls /proc/self/fd", pass_fds=tuple(leaks))
    for fd in leaks:
        os.close(fd)
    assert done.out.split() == ["0", "1", "2", "3"], "3 is the directory that ls reads"


def test_works_with_streams_closed(box: Box) -> None:
    script = "ls -l /proc/self/fd | grep -c null"
    read, write = os.pipe()

    def close() -> None:
        os.dup2(write, 1)
        os.close(0)
        os.close(2)

    child = box.start(box.plan("sh", "-c", script), preexec_fn=close, pass_fds=(1,))
    os.close(write)
    with os.fdopen(read) as file:
        assert file.read().strip() == "2"
    assert child.wait(30) == 0


def test_environment_is_the_plans(box: Box) -> None:
    done = box.sh(
        "env; tr '\\0' '\\n' < /proc/1/environ; cat /proc/1/cmdline",
        env={"SECRET": "s3cret"},
        argv=["hull", "-e", "PASSWORD"],
    )
    assert "s3cret" not in done.out
    assert "PASSWORD" not in done.out
    assert "PATH=/bin\n" in done.out


def test_init_is_named_and_shows_nothing_of_itself(box: Box) -> None:
    script = "cat /proc/1/comm; readlink /proc/1/exe; readlink /proc/1/fd/*; cat /proc/1/environ"
    done = box.sh(script, extra=(("capabilities", "a80425fb", "0"),))
    assert done.out == "hull-init\n"
    assert "Permission denied" in done.err


def test_ignored_and_blocked_signals_do_not_come_along(box: Box) -> None:
    def ignore() -> None:
        for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGTSTP):
            signal.signal(number, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD, signal.SIGUSR1})

    done = box.run("grep", "^Sig[BI]", "/proc/self/status", preexec_fn=ignore)
    assert done.code == 0
    assert {line.split()[1] for line in done.out.splitlines()} == {"0000000000000000"}


def test_a_time_namespace(box: Box) -> None:
    here = os.readlink("/proc/self/ns/time")
    done = box.run("readlink", "/proc/self/ns/time", kinds=("mount", "pid", "net", "time"))
    assert done.out.startswith("time:"), done.err
    assert done.out.strip() != here


def test_a_pipe_ends_when_the_program_lets_go_of_it(box: Box) -> None:
    child = box.start(box.plan("sh", "-c", "exec >&-; read x"), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert child.stdout
    assert readable(child.stdout)
    assert os.read(child.stdout.fileno(), 1) == b""
    assert child.poll() is None
    child.communicate(b"\n", timeout=30)


def test_without_namespaces_the_program_is_root_of_a_map_and_nothing_else(box: Box) -> None:
    plan = [*box.identity, ("arg", "/bin/sh"), ("arg", "-c"), ("arg", "id -u; readlink /proc/self/ns/net; exit 7")]
    done = box.finish(box.start(plan, stdout=subprocess.PIPE))
    assert done.out.split() == ["0", os.readlink("/proc/self/ns/net")]
    assert done.code == 7


def test_hundred_megabytes_are_the_same_on_both_sides(box: Box) -> None:
    child = box.start(box.plan("cat"), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    blob = os.urandom(1 << 20) * 100
    out, _ = child.communicate(blob, timeout=60)
    assert out == blob
