"""A second program in a running container, and namespaces that belong to somebody else."""

import json
import os
import subprocess

import pytest

from tests.launcher.conftest import KINDS, Box, Op, first_line
from tests.launcher.test_init import init_of

ALL = "user,mount,pid,ipc,uts,net,cgroup"


def joining(box: Box, *words: str, extra: tuple[Op, ...] = (), start: int | None = None) -> list[Op]:
    ready = box.await_event("ready")
    plan = [("join", str(ready["pid"]), str(ready["start"] if start is None else start), ALL), ("env", "PATH=/bin")]
    return [*plan, *extra, *(("arg", word) for word in words)]


def test_it_sees_what_the_container_sees(box: Box) -> None:
    child = box.up("hostname inside; touch /mark; echo up; read x", extra=(("capabilities", "1fffffffff", "0"),))
    script = (
        "hostname; ls /mark; id -u; test $(readlink /proc/1/ns/pid) = $(readlink /proc/self/ns/pid); echo $?; exit 5"
    )
    done = box.finish(box.start(joining(box, "sh", "-c", script), stdout=subprocess.PIPE, stderr=subprocess.PIPE))
    assert (done.code, done.out) == (5, "inside\n/mark\n0\n0\n"), done.err
    child.communicate(b"\n", timeout=10)


def test_another_user_capabilities_and_directory(ranged: Box) -> None:
    child = ranged.up("echo up; read x")
    extra = (("user", "user"), ("home",), ("capabilities", "a80425fb", "0"), ("workdir", "/etc"))
    words = ("sh", "-c", "id -u; pwd; echo $HOME; grep CapBnd /proc/self/status | cut -f2")
    done = ranged.finish(
        ranged.start(joining(ranged, *words, extra=extra), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    )
    assert done.out == "5\n/etc\n/home/user\n00000000a80425fb\n", done.err
    child.communicate(b"\n", timeout=10)


def test_another_process_of_that_number_is_not_it(box: Box) -> None:
    child = box.up("echo up; read x")
    plan = joining(box, "true", start=1)
    done = box.finish(box.start(plan, stderr=subprocess.PIPE))
    assert done.code == 125
    assert "no longer running" in done.err
    plan = joining(box, "true")
    child.communicate(b"\n", timeout=10)
    done = box.finish(box.start(plan, stderr=subprocess.PIPE))
    assert done.code == 125
    assert "no longer running" in done.err


def test_its_exit_codes_and_signals(box: Box) -> None:
    child = box.up("echo up; read x")
    assert box.start(joining(box, "nothing-here"), stderr=subprocess.DEVNULL).wait(10) == 127
    assert box.start(joining(box, "/etc"), stderr=subprocess.DEVNULL).wait(10) == 126
    assert box.start(joining(box, "sh", "-c", "kill -TERM $$")).wait(10) == 143
    second = box.start(
        joining(box, "sh", "-c", "trap 'exit 6' TERM; echo up; while :; do sleep 0.02; done"), stdout=subprocess.PIPE
    )
    assert first_line(second) == b"up\n"
    second.terminate()
    assert second.wait(10) == 6
    child.communicate(b"\n", timeout=10)


def test_it_dies_with_its_launcher_and_with_the_container(box: Box) -> None:
    child = box.up("echo up; read x")
    second, third = (
        box.start(joining(box, "sh", "-c", "echo up; sleep 1000"), stdout=subprocess.PIPE) for _ in range(2)
    )
    for process in (second, third):
        assert first_line(process) == b"up\n"
    second.kill()
    assert second.communicate(timeout=10)[0] == b""
    child.communicate(b"\n", timeout=10)
    assert third.wait(10) == 137


class Kept:
    """A user namespace with this box's map, kept by a descriptor alone, as a shell's session does."""

    def __init__(self, box: Box) -> None:
        reader, writer = os.pipe()
        plan = [("status", f"/proc/self/fd/{writer}"), *box.identity, ("hold",)]
        child = box.start(plan, stdin=subprocess.PIPE, pass_fds=(writer,))
        os.close(writer)
        with os.fdopen(reader) as status:
            ready = next(event for event in map(json.loads, status) if event["event"] == "ready")
            self.fd = os.open(f"/proc/{ready['pid']}/ns/user", os.O_RDONLY)
            child.communicate(timeout=10)
        assert child.returncode == 0
        self.counts = [int(op[3]) for op in box.identity if op[0] == "uid-map"]

    def identity(self) -> list[Op]:
        """Return the ops of a namespace nested in the kept one, with every id of it."""
        plan: list[Op] = [("userns-join", f"/proc/self/fd/{self.fd}"), ("userns-new",)]
        for kind in ("uid-map", "gid-map"):
            first = 0
            for count in self.counts:
                plan.append((kind, str(first), str(first), str(count)))
                first += count
        return plan


@pytest.fixture
def kept(ranged: Box) -> Kept:
    if ranged.owner:
        pytest.skip("root's maps need no helper, so nothing is kept for root")
    return Kept(ranged)


@pytest.mark.parametrize("network", ["net", "net-outer"])
def test_a_container_nested_in_a_kept_namespace(ranged: Box, kept: Kept, network: str) -> None:
    kinds = (*(kind for kind in KINDS if kind != "net"), network)
    extra = (("user", "user"),)
    script = "id -u; wc -l < /proc/self/uid_map; ls /sys/class/net; ip link show lo | grep -c UP"
    done = ranged.sh(script, identity=kept.identity(), kinds=kinds, extra=extra, pass_fds=(kept.fd,))
    assert (done.code, done.out) == (0, f"5\n{len(kept.counts)}\nlo\n1\n"), done.err
    assert not [line for line in done.err.splitlines() if "warning" in line]


def test_only_the_outer_owner_administers_an_outer_network(ranged: Box, kept: Kept) -> None:
    kinds = (*(kind for kind in KINDS if kind != "net"), "net-outer")
    how = {"identity": kept.identity(), "pass_fds": (kept.fd,)}
    assert ranged.sh("ip link set lo down", kinds=kinds, **how).code != 0
    assert ranged.sh("ip link set lo down", **how).code == 0


def test_files_of_a_nested_containers_ids_are_removed(ranged: Box, kept: Kept) -> None:
    extra = (("remove", ranged.upper),)
    done = ranged.sh(
        "mkdir -m 700 /a; touch /a/b; chown -R 5 /a", identity=kept.identity(), extra=extra, pass_fds=(kept.fd,)
    )
    assert done.code == 0, done.err
    assert not os.path.exists(ranged.upper)


def test_joining_the_network_of_another_container(ranged: Box, kept: Kept) -> None:
    kinds = (*(kind for kind in KINDS if kind != "net"), "net-outer")
    first = ranged.start(
        ranged.plan("sh", "-c", "readlink /proc/self/ns/net; read x", identity=kept.identity(), kinds=kinds),
        pass_fds=(kept.fd,),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    name = first_line(first).decode()
    plan = [*kept.identity(), ("namespace", "mount"), ("namespace-join", "net", f"/proc/{init_of(ranged)}/ns/net")]
    plan += [("arg", "/usr/bin/readlink"), ("arg", "/proc/self/ns/net")]
    second = ranged.start(plan, pass_fds=(kept.fd,), stdout=subprocess.PIPE)
    assert second.communicate(timeout=10)[0].decode() == name
    first.communicate(b"\n", timeout=10)
