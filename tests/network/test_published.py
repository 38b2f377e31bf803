"""Ports of real containers, on each backend: they come and go while it runs, and go with it, whatever ends it."""

import os
import re
import signal
import socket
import subprocess
import time
import urllib.request

import pytest

from tests.capabilities import missing

BACKENDS = ("slirp4netns", "pasta")
SERVE = "while true; do printf '%s' here | nc -l -p 8080; done"

pytestmark = [pytest.mark.needs("userns", "tun")]


@pytest.fixture(params=BACKENDS)
def backend(request):
    if missing(f"program:{request.param}"):
        pytest.skip(f"needs program:{request.param}: {missing(f'program:{request.param}')}")
    return request.param


@pytest.fixture
def box(cli):
    made = []

    def start(name, *flags, script=SERVE):
        made.append(name)
        cli("run", "-d", "--name", name, *flags, "busybox", "sh", "-c", script, check=True)
        return name

    yield start
    for name in made:
        cli("rm", "-f", name)


def hear(address, port, patience=10.0):
    """Return what is said there, once somebody says something."""
    until = time.monotonic() + patience
    while True:
        try:
            with socket.create_connection((address, port), timeout=5) as client:
                client.sendall(b"\n")
                said = client.recv(100)
                if said:
                    return said
        except OSError:
            if time.monotonic() > until:
                raise
        time.sleep(0.02)


def refused(address, port):
    """Return once nobody listens there."""
    until = time.monotonic() + 10
    while True:
        try:
            socket.create_connection((address, port), timeout=5).close()
        except ConnectionRefusedError:
            return True
        except OSError:
            pass
        if time.monotonic() > until:
            return False
        time.sleep(0.02)


def places(text):
    return [line.rpartition(" -> ")[2] for line in text.decode().splitlines()]


def port_of(text):
    return int(places(text)[0].rpartition(":")[2])


@pytest.mark.as_root
@pytest.mark.single_id
def test_a_port_comes_and_goes_while_it_runs(cli, box, backend):
    name = box(f"comes-{backend}", "--network", backend)
    added = cli("port", "add", name, "127.0.0.1::8080", "[::1]::8080", check=True).stdout
    assert sorted(cli("port", name, check=True).stdout.splitlines()) == sorted(added.splitlines())
    for place in places(added):
        address, _, number = place.rpartition(":")
        assert hear(address.strip("[]"), int(number)) == b"here"
    cli("port", "rm", name, "8080", check=True)
    assert cli("port", name, check=True).stdout == b""
    for place in places(added):
        address, _, number = place.rpartition(":")
        assert refused(address.strip("[]"), int(number))


@pytest.mark.parametrize("how", ["stop", "launcher"])
def test_an_added_port_goes_with_the_container(cli, box, how):
    name = box(f"goes-{how}")
    number = port_of(cli("port", "add", name, "127.0.0.1::8080", check=True).stdout)
    assert hear("127.0.0.1", number) == b"here"
    if how == "stop":
        cli("stop", "-t", "0", name, check=True)
    else:
        os.kill(int(cli("inspect", "-f", "{{.State.Pid}}", name, check=True).stdout), signal.SIGKILL)
    assert refused("127.0.0.1", number)
    assert cli("port", name, check=True).stdout == b""


def test_a_port_of_a_start_is_freed_when_every_process_of_ours_is_killed(cli, backend, children):
    number = free()
    script = f"echo up; {SERVE}"
    words = ("run", "--name", f"killed-{backend}", "--network", backend, "-p", f"127.0.0.1:{number}:8080", "busybox")
    process = cli.popen(*words, "sh", "-c", script, stdout=-1)
    children.append(process)
    assert process.stdout.readline() == b"up\n"
    assert hear("127.0.0.1", number) == b"here"
    process.kill()
    assert refused("127.0.0.1", number)
    cli("rm", "-f", f"killed-{backend}", check=True)


def free():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def test_a_port_in_use_is_refused_and_the_others_stay(cli, box):
    name = box("inuse")
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = server.getsockname()[1]
        done = cli("port", "add", name, "127.0.0.1::8080", f"127.0.0.1:{taken}:8081")
    assert done.returncode == 125
    assert b"in use" in done.stderr
    assert len(places(cli("port", name, check=True).stdout)) == 1


def test_what_has_no_network_of_its_own_takes_no_port(cli, box):
    for network in ("none", "host"):
        name = box(f"takes-{network}", "--network", network)
        done = cli("port", "add", name, "8080")
        assert done.returncode == 125
        assert network.encode() in done.stderr
    cli("stop", "-t", "0", name, check=True)
    assert b"does not run" in cli("port", "add", name, "8080").stderr


def test_the_note_names_what_hides_the_client(cli, box):
    name = box("hides")
    done = cli("port", "add", name, "127.0.0.1::53/udp", "127.0.0.1::80", check=True)
    assert b"address is not kept at 127.0.0.1:" in done.stderr
    assert done.stderr.count(b"/udp") == 1
    assert b"/tcp" not in done.stderr


@pytest.mark.serial
@pytest.mark.slow
@pytest.mark.needs("program:ab")
@pytest.mark.parametrize("handler", ["rootlesskit", "slirp4netns", "pasta"])
def test_none_of_ten_thousand_connections_is_lost(cli, box, handler):
    network = "pasta" if handler == "pasta" else f"slirp4netns:port_handler={handler}"
    if missing(f"program:{network.partition(':')[0]}"):
        pytest.skip(f"needs program:{network.partition(':')[0]}")
    number = free()
    script = "echo page > /page; exec httpd -f -p 8080 -h /"
    box(f"many-{handler}", "--network", network, "-p", f"127.0.0.1:{number}:8080", script=script)
    hear_page(number)
    argv = ["ab", "-q", "-n", "10000", "-c", "16", "-s", "60", f"http://127.0.0.1:{number}/page"]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.findall(r"(?:Complete|Failed) requests: +(\d+)", done.stdout) == ["10000", "0"]


def hear_page(number):
    until = time.monotonic() + 10
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{number}/page", timeout=5) as answer:
                assert answer.read() == b"page\n"
                return
        except OSError:
            assert time.monotonic() < until
            time.sleep(0.02)


def test_every_exposed_port_is_published(cli, make_exposed):
    name = make_exposed
    text = cli("port", name, check=True).stdout.decode()
    assert {line.partition(" ")[0] for line in text.splitlines()} == {"8080/tcp", "53/udp"}
    number = next(line.rpartition(":")[2] for line in text.splitlines() if line.startswith("8080/tcp -> 0.0.0.0"))
    assert hear("127.0.0.1", int(number)) == b"here"


@pytest.fixture
def make_exposed(cli):
    from tests.busybox import rootfs

    changes = ("--change", "EXPOSE 8080", "--change", "EXPOSE 53/udp")
    cli("import", *changes, "-", "exposed:latest", input=rootfs(), check=True)
    cli("run", "-d", "-P", "--name", "exposed", "exposed", "sh", "-c", SERVE, check=True)
    yield "exposed"
    cli("rm", "-f", "exposed")
    cli("rmi", "exposed")
