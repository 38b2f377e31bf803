"""Containers as people use them, on a kernel of 2022 and with the devices that udev makes."""

import contextlib
import os
import socket
import tempfile
import time

import pytest

from tests import imagebuild
from tests.commandline import CommandLine

NONE = ("--rm", "--network", "none")
SH = ("busybox", "sh", "-c")


@pytest.mark.single_id
def test_run_says_what_the_program_says(cli):
    done = cli("run", *NONE, *SH, "id -u; hostname | wc -c; echo err >&2; exit 7")
    assert (done.returncode, done.stdout, done.stderr) == (7, b"0\n13\n", b"err\n")


@pytest.mark.parametrize(("userns", "who"), [("keep-id", os.geteuid()), ("auto", 0)])
def test_each_way_to_map_ids(cli, userns, who):
    done = cli("run", *NONE, "--userns", userns, *SH, "id -u; id -g; touch /tmp/mine && stat -c %u /tmp/mine")
    assert done.stdout.split() == [str(who).encode()] * 3, done.stderr


def test_a_pipe_loses_nothing(cli):
    data = os.urandom(1 << 20)
    assert cli("run", "-i", *NONE, "busybox", "cat", input=data, check=True).stdout == data


@pytest.mark.single_id
def test_a_life_in_full(cli, children):
    child = cli.popen(
        "run",
        "--name",
        "life",
        "--network",
        "none",
        *SH,
        "trap '' TERM; echo inside > /where; echo up; exec sleep 600",
        stdout=-1,
    )
    children.append(child)
    assert child.stdout.readline() == b"up\n"
    assert b"life" in cli("ps", check=True).stdout
    seen = cli("exec", "life", "sh", "-c", "cat /where; ls /proc/1/exe >/dev/null; ls /boot", check=False)
    assert (seen.stdout, b"/boot: No such file" in seen.stderr) == (b"inside\n", True), seen.stderr
    cli("stop", "-t", "0", "life", check=True)
    child.communicate(timeout=60)
    assert child.returncode == 137
    assert cli("ps", "-q", check=True).stdout == b""
    assert b"Exited (137)" in cli("ps", "-a", check=True).stdout
    cli("rm", "life", check=True)
    assert cli("ps", "-aq", check=True).stdout == b""


def test_kill_sends_the_signal(cli, children):
    script = "trap 'echo got it; exit 5' USR1; echo up; while :; do sleep 1; done"
    child = cli.popen("run", *NONE, "--name", "told", *SH, script, stdout=-1)
    children.append(child)
    assert child.stdout.readline() == b"up\n"
    cli("kill", "-s", "USR1", "told", check=True)
    assert child.communicate(timeout=60)[0] == b"got it\n"
    assert child.returncode == 5


@pytest.mark.parametrize(("layers", "place"), [(2, "s"), (20, "s" * 200)])
def test_layers_by_the_dozen(tmp_path, layers, place):
    """Kernels before 6.5 take an overlay's layers in one string of a page: 20 layers of long names fill it."""
    tops = [imagebuild.layer(imagebuild.member(f"layer{n}", f"{n}\n".encode())) for n in range(layers - 1)]
    tops[-1] = imagebuild.layer(imagebuild.member("layer0", b"covered\n"), imagebuild.member("etc/.wh.passwd"))
    path = tmp_path / "many.tar"
    path.write_bytes(imagebuild.oci_archive(imagebuild.image(imagebuild.busybox_layer(), *tops, how="plain"), "many:1"))
    many = CommandLine(f"{tempfile.mkdtemp()}/{place}")
    many("load", "-i", str(path), check=True)
    done = many("run", *NONE, "many:1", "sh", "-c", "cat /layer0; ls -d /layer* | wc -l; ls /etc/passwd")
    assert done.stdout.split() == [b"covered", str(max(1, layers - 2)).encode()], done.stderr
    assert b"No such file" in done.stderr


@pytest.mark.single_id
def test_devices_are_the_usual_ones(cli):
    script = "head -c 4 /dev/zero | wc -c; echo x > /dev/null; echo x > /dev/full || echo full; ls /dev"
    script += "; stat -c %a /dev/null"
    done = cli("run", *NONE, *SH, script, check=True)
    names = set(done.stdout.decode().split())
    assert {"4", "full", "null", "zero", "random", "urandom", "tty", "ptmx", "pts", "shm", "666"} <= names
    assert not {"fuse", "vda", "kvm", "mem", "net"} & names


def test_a_device_that_is_asked_is_shown(cli):
    done = cli("run", *NONE, "--device", "/dev/fuse", *SH, "test -c /dev/fuse && : <> /dev/fuse && echo opened")
    assert done.stdout == b"opened\n", done.stderr


def test_a_device_that_the_caller_may_not_open_is_refused(cli):
    done = cli("run", *NONE, "--device", "/dev/vda", "busybox", "true")
    assert done.returncode == 125
    assert b"/dev/vda" in done.stderr


@pytest.mark.single_id
def test_the_machine_itself_is_untouched(cli):
    script = "echo changed >> /etc/motd; tail -n 1 /etc/motd; mkdir /usr/new; rm /etc/issue; ls /etc/issue; id -u"
    done = cli("run", *NONE, "host", "sh", "-c", script)
    assert done.stdout == b"changed\n0\n", done.stderr
    assert os.path.exists("/etc/issue")
    assert not os.path.exists("/usr/new")
    with open("/etc/motd") as file:
        assert "changed" not in file.read()


@pytest.mark.parametrize("network", ["default", "slirp4netns", "pasta"])
def test_a_network_has_a_way_out(cli, network):
    done = cli("run", "--rm", "--network", network, *SH, "ip route; ip -o link | wc -l", timeout=90)
    assert done.returncode == 0, done.stderr
    assert b"default via" in done.stdout, done.stderr


def test_a_published_port_answers(cli, children):
    child = cli.popen(
        "run", "--rm", "-p", "127.0.0.1:18080:8080", *SH, "echo up; echo hello | nc -l -p 8080", stdout=-1
    )
    children.append(child)
    assert child.stdout.readline() == b"up\n"
    assert _ask(("127.0.0.1", 18080)) == b"hello\n"


def _ask(address: tuple[str, int]) -> bytes:
    """Connect until something answers: the port is open before the program listens."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(address, timeout=10) as connection:
            if answer := connection.recv(100):
                return answer
        time.sleep(0.2)  # nothing tells from outside that a program inside listens
    return b""
