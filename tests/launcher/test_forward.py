"""The forwarder by itself: a network namespace, a program in it, ports of this machine that lead there."""

import hashlib
import os
import socket
import subprocess
import sys
import threading
import time

import pytest
from hull.runtime.launch import program

INSIDE = """
import socket, subprocess, threading
for words in ("link set lo up", "addr add 10.9.9.100/32 dev lo", "route add default dev lo"):
    subprocess.check_call(["ip", *words.split()])
tcp = socket.create_server(("", 80))
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.bind(("", 53))
def streams():
    while True:
        with tcp.accept()[0] as one:
            whole = b""
            while more := one.recv(65536):
                whole += more
            one.sendall(f"{one.getpeername()[0]} {len(whole)}".encode())
def echo(one):
    with one:
        while some := one.recv(1 << 20):
            one.sendall(some)
def echoes():
    listening = socket.create_server(("", 7))
    print("up", flush=True)
    while True:
        threading.Thread(target=echo, args=(listening.accept()[0],), daemon=True).start()
threading.Thread(target=streams, daemon=True).start()
threading.Thread(target=echoes, daemon=True).start()
while True:
    data, peer = udp.recvfrom(2048)
    udp.sendto(data.upper(), peer)
"""

pytestmark = [pytest.mark.needs("launcher", "userns", "program:ip", "program:unshare")]


@pytest.fixture
def inside(children):
    child = subprocess.Popen(["unshare", "-Urn", sys.executable, "-c", INSIDE], stdout=-1)
    children.append(child)
    assert child.stdout.readline() == b"up\n"
    return child.pid


@pytest.fixture
def forward(inside, tmp_path):
    def call(*specs, control="-"):
        ended = os.pidfd_open(inside)
        words = ["hull-forward", f"/proc/{inside}/ns/net", str(ended), control, "10.9.9.100", "10.9.9.2"]
        argv = [*words, ";".join(specs)]
        done = subprocess.run(
            argv, executable=program(), pass_fds=[ended], stderr=-1, text=True, timeout=20, check=False
        )
        os.close(ended)
        return done

    return call


def free(kind=socket.SOCK_STREAM):
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("", 0))
        return probe.getsockname()[1]


def say(address, number, text=b"?"):
    with socket.create_connection((address, number), timeout=10) as client:
        client.sendall(text)
        client.shutdown(socket.SHUT_WR)
        return client.recv(100).decode().split()


def own_address():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            pytest.skip("this machine has no address but loopback")
        return probe.getsockname()[0]


def test_a_program_sees_who_called(forward):
    number, own = free(), own_address()
    assert forward(f"tcp 0.0.0.0 {number} 80").returncode == 0
    assert say(own, number) == [own, "1"]
    assert say("127.0.0.7", number) == ["10.9.9.2", "1"]


def test_all_that_is_sent_arrives_though_the_sender_has_ended(forward):
    number = free()
    assert forward(f"tcp 127.0.0.1 {number} 80").returncode == 0
    assert say("127.0.0.1", number, b"x" * (5 << 20))[1] == str(5 << 20)


@pytest.mark.parametrize("pieces", [(1 << 20,), (700_000, 1, 13, 200_000, 7)], ids=["bulk", "bulk and handfuls"])
def test_bulk_arrives_whole_both_ways_at_readers_that_pause(forward, inside, pieces):
    """Pages change hands through pipes, of which one stays afterwards."""
    number = free()
    assert forward(f"tcp 127.0.0.1 {number} 7").returncode == 0
    told = [exchange(number, pieces) for _ in range(3)]
    assert told == [True] * 3
    ours = [pid for pid in filter(str.isdigit, os.listdir("/proc")) if forwards_into(pid, inside)]
    assert len(ours) == 1
    kinds = [os.readlink(f"/proc/{ours[0]}/fd/{fd}").partition(":")[0] for fd in os.listdir(f"/proc/{ours[0]}/fd")]
    assert kinds.count("pipe") <= 2


def exchange(number, pieces):
    """Send 24 MB in such pieces and read them back haltingly; whether they are the same."""
    sent, got = hashlib.sha256(), hashlib.sha256()
    with socket.create_connection(("127.0.0.1", number), timeout=60) as client:

        def send():
            size = 0
            while size < 24_000_000:
                for length in pieces:
                    data = os.urandom(length)
                    client.sendall(data)
                    sent.update(data)
                    size += length
            client.shutdown(socket.SHUT_WR)

        sender = threading.Thread(target=send)
        sender.start()
        while some := client.recv(1 << 18):
            got.update(some)
            if len(some) == 1 << 18:
                time.sleep(0.001)  # until all buffers on the way are full
        sender.join()
    return sent.digest() == got.digest()


def forwards_into(pid, inside):
    try:
        with open(f"/proc/{pid}/comm") as comm:
            same = os.stat(f"/proc/{pid}/ns/net").st_ino == os.stat(f"/proc/{inside}/ns/net").st_ino
            return comm.read() == "hull-forward\n" and same
    except OSError:
        return False


def test_a_datagram_is_answered_from_the_address_that_was_asked(forward):
    number = free(socket.SOCK_DGRAM)
    assert forward(f"udp 0.0.0.0 {number} 53").returncode == 0
    for address in ("127.0.0.3", "127.0.0.1", own_address()):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(10)
            client.connect((address, number))
            client.send(b"ping")
            assert client.recv(100) == b"PING"


def test_where_nobody_listens_inside_the_client_is_refused(forward):
    number = free()
    assert forward(f"tcp 127.0.0.1 {number} 81").returncode == 0
    with pytest.raises(ConnectionResetError):
        say("127.0.0.1", number)


def test_a_port_in_use_is_told_and_no_process_is_left(forward, inside):
    with socket.create_server(("127.0.0.1", 0)) as server:
        done = forward(f"tcp 127.0.0.1 {server.getsockname()[1]} 80")
    assert done.returncode == 125
    assert "Address" in done.stderr
    assert "in use" in done.stderr


@pytest.mark.parametrize("spec", ["tcp", "ftp 127.0.0.1 1 1", "tcp host 1 1", "tcp 127.0.0.1 70000 1"])
def test_other_words_are_refused(forward, spec):
    assert forward(spec).returncode == 125


def test_it_ends_with_the_container(forward, children):
    number = free()
    assert forward(f"tcp 127.0.0.1 {number} 80").returncode == 0
    children[0].kill()
    children[0].wait()
    until = time.monotonic() + 10
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", number), timeout=1).close()
        except ConnectionRefusedError:
            return
        except OSError:
            pass
        time.sleep(0.02)
    pytest.fail("the port is still there")
