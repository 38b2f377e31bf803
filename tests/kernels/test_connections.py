"""Connection files and the places of sockets, without a kernel."""

import json
import os
import socket
import subprocess
import sys

import pytest
from hull.errors import HostError, UserError
from hull.kernels import connections, relay

KERNELS = "/run/k"


@pytest.fixture
def file(tmp_path):
    def write(**values):
        path = tmp_path / "kernel-1234-5678.json"
        ports = {channel: 5000 + number for number, channel in enumerate(connections.CHANNELS)}
        path.write_text(json.dumps({"transport": "tcp", "ip": "127.0.0.1", "key": "k", **ports, **values}))
        return str(path)

    return write


def test_unix_sockets_stay_where_the_client_has_them(file):
    found, made = connections.asked(file(transport="ipc", ip=f"{KERNELS}/abc/s"), KERNELS)
    assert found == connections.Connection(f"{KERNELS}/abc", "", ())
    assert (made["ip"], made["transport"], made["key"]) == (f"{connections.INSIDE}/s", "ipc", "k")
    assert made["shell_port"] == 5000


def test_ports_become_sockets(file):
    found, made = connections.asked(file(), KERNELS)
    assert found.ports == (5000, 5001, 5002, 5003, 5004)
    assert os.path.dirname(found.place) == KERNELS
    assert [made[channel] for channel in connections.CHANNELS] == [1, 2, 3, 4, 5]
    assert made["transport"] == "ipc"


@pytest.mark.parametrize("ip", ["/etc/s", "/run/k/../x/s", "/run/k/abc/other", "/run/k/a/b/s"])
def test_sockets_elsewhere_are_refused(file, ip):
    with pytest.raises(UserError, match="cannot use sockets at"):
        connections.asked(file(transport="ipc", ip=ip), KERNELS)


def test_a_file_that_is_none_is_told(tmp_path):
    with pytest.raises(UserError, match="cannot read the connection file"):
        connections.asked(str(tmp_path / "none"), KERNELS)


def test_a_place_whose_sockets_have_no_room_is_refused():
    with pytest.raises(HostError, match="too long"):
        connections.checked("/" + "x" * connections.LONGEST)


def test_a_place_is_gone_afterwards(tmp_path):
    place = f"{tmp_path}/k/one"
    with connections.Place(place, None):
        assert os.stat(place).st_mode & 0o777 == 0o700
        with pytest.raises(HostError, match="one runs with this connection"), connections.Place(place, None):
            pass
        assert os.path.isdir(place)
    assert os.listdir(f"{tmp_path}/k") == []


HOLD = """
import sys
from hull.kernels.connections import Place
with Place(sys.argv[1], None):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_what_a_killed_one_left_goes_with_the_next(tmp_path, children):
    argv = [sys.executable, "-c", HOLD, f"{tmp_path}/k/killed"]
    holder = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    children.append(holder)
    assert holder.stdout.readline() == b"held\n"
    with connections.Place(f"{tmp_path}/k/next", None):
        assert sorted(os.listdir(f"{tmp_path}/k")) == ["killed", "next"]
    holder.kill()
    holder.wait()
    with connections.Place(f"{tmp_path}/k/next", None):
        assert os.listdir(f"{tmp_path}/k") == ["next"]


@pytest.fixture
def port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def test_bytes_pass_both_ways_and_ends_are_told(tmp_path, port):
    kernel = socket.socket(socket.AF_UNIX)
    kernel.bind(f"{tmp_path}/s-1")
    kernel.listen()
    relay.start("127.0.0.1", (port,), f"{tmp_path}/s")
    with socket.create_connection(("127.0.0.1", port), 30) as client, kernel.accept()[0] as inside:
        sent = os.urandom(3_000_000)
        client.sendall(b"up")
        assert inside.recv(10) == b"up"
        inside.settimeout(30)
        _exchange(inside, client, sent)
        inside.close()
        assert client.recv(1) == b""
    kernel.close()


def _exchange(source, sink, data):
    import threading

    thread = threading.Thread(target=source.sendall, args=(data,))
    thread.start()
    got = b""
    while len(got) < len(data):
        got += sink.recv(1 << 20)
    thread.join()
    assert got == data


def test_a_client_that_is_too_early_may_come_again(tmp_path, port):
    relay.start("127.0.0.1", (port,), f"{tmp_path}/s")
    with socket.create_connection(("127.0.0.1", port), 30) as client:
        assert client.recv(1) == b""
    with socket.socket(socket.AF_UNIX) as kernel:
        kernel.bind(f"{tmp_path}/s-1")
        kernel.listen()
        with socket.create_connection(("127.0.0.1", port), 30), kernel.accept()[0]:
            pass


def test_only_the_loopback_listens(port):
    with pytest.raises(UserError, match="cannot let a kernel listen on"):
        relay.start("0.0.0.0", (port,), "/s")


def test_a_port_that_is_taken_is_told(port):
    with socket.create_server(("127.0.0.1", port)), pytest.raises(HostError, match="cannot listen on"):
        relay.start("127.0.0.1", (port,), "/s")
