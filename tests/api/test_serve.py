"""`hull serve`: who starts it, who may ask, what keeps it, when it is gone."""

import contextlib
import os
import re
import resource
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile

import pytest

from tests import waiting
from tests.api.serving import Server

HOLD = b"POST /hull/hold HTTP/1.1\r\nHost: hull\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n"
PING = b"GET /_ping HTTP/1.1\r\nHost: hull\r\n\r\n"
SHORT = "200ms"


@pytest.fixture
def place(cli):
    """Give a directory of one's own beside the store, for a socket or a store."""
    made = tempfile.mkdtemp(prefix="s-", dir=os.path.dirname(cli.root))
    os.chmod(made, 0o711)  # root's stores let the ids of containers pass
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture
def brief(cli):
    """Give a server that ends soon; the test may end it."""
    made = Server(cli, idle=SHORT)
    yield made
    if made.process.poll() is None:
        made.close()


def _connected(path):
    made = socket.socket(socket.AF_UNIX)
    made.settimeout(30)
    made.connect(path)
    return made


def test_it_ends_when_nobody_asks_and_leaves_nothing(brief):
    assert brief.process.wait(30) == 0
    assert sorted(os.listdir(brief.home)) == ["log"]
    assert brief.said() == ""


def test_who_is_being_answered_keeps_it(brief):
    with _connected(brief.path) as holding:
        holding.sendall(HOLD)
        assert holding.recv(1000).startswith(b"HTTP/1.1 101 ")
        with pytest.raises(subprocess.TimeoutExpired):
            brief.process.wait(0.6)
        assert stat.S_IMODE(os.lstat(brief.path).st_mode) == 0o600
    assert brief.process.wait(30) == 0


def test_a_kept_connection_that_asks_nothing_does_not_keep_it(brief):
    with _connected(brief.path) as idle:
        idle.sendall(PING)
        assert idle.recv(100).startswith(b"HTTP/1.1 200 ")
        assert brief.process.wait(30) == 0
        while idle.recv(1000):
            pass


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_whoever_waits(cli, number):
    server = Server(cli)
    with _connected(server.path) as holding:
        holding.sendall(HOLD)
        assert holding.recv(1000).startswith(b"HTTP/1.1 101 ")
        server.process.send_signal(number)
        assert server.process.wait(30) == 0
        assert holding.recv(100) == b""
    assert not os.path.exists(server.path)
    server.close()


def test_the_next_takes_over_from_one_that_was_killed(cli, place):
    words = ("serve", "-H", f"unix://{place}/d$s.sock", "-d", "--idle=0")
    assert cli(*words, check=True).stdout == f"export DOCKER_HOST='unix://{place}/d$s.sock'\n".encode()
    first = _pid(f"{place}/d$s.sock")
    assert cli(*words, check=True).stdout.startswith(b"export ")
    assert _pid(f"{place}/d$s.sock") == first
    refused = cli("serve", "-H", f"unix://{place}/d$s.sock")
    assert (refused.returncode, refused.stdout) == (125, b"")
    assert b"a server answers there already" in refused.stderr
    os.kill(first, signal.SIGKILL)
    assert waiting.gone(first)
    cli(*words, check=True)
    second = _pid(f"{place}/d$s.sock")
    assert second != first
    os.kill(second, signal.SIGTERM)
    assert waiting.gone(second)
    assert os.listdir(place) == []


def test_what_a_detached_one_fails_with_is_the_callers(cli, place):
    os.chmod(place, 0o770)
    refused = cli("serve", "-H", f"unix://{place}/d.sock", "-d")
    assert refused.returncode == 125
    assert f"cannot listen in {place}: other users can change {place}" in refused.stderr.decode()
    assert f"hint: chmod go-w {place}" in refused.stderr.decode()


@pytest.mark.needs("root")
def test_another_user_is_not_answered_even_where_he_reaches_the_socket(server):
    os.chmod(server.path, 0o666)
    os.chmod(server.home, 0o711)
    asking = (
        "import os, socket, sys; os.setgid(65534); os.setuid(65534); s = socket.socket(socket.AF_UNIX); "
        f"s.connect({server.path!r}); s.sendall({PING!r}); sys.stdout.write(repr(s.recv(100)))"
    )
    try:
        done = subprocess.run([sys.executable, "-c", asking], capture_output=True, text=True, timeout=30, check=False)
    finally:
        os.chmod(server.home, 0o700)
        os.chmod(server.path, 0o600)
    assert done.stdout in ("b''", "")
    assert done.returncode == 0 or "ConnectionResetError" in done.stderr or "BrokenPipeError" in done.stderr
    assert server.request("GET", "/_ping").status == 200


def test_a_socket_that_systemd_gives_is_answered_and_left(cli, place):
    path = f"{place}/given.sock"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(path)
        listening.listen(5)
        activating = (
            "import os, sys; os.dup2(int(sys.argv[1]), 3); "
            "os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS='1'); os.execvp(sys.argv[2], sys.argv[2:])"
        )
        argv = [sys.executable, "-c", activating, str(listening.fileno()), *cli.argv("serve", "--idle", SHORT)]
        with _connected(path) as first:  # it came before the server
            first.sendall(PING)
            made = subprocess.Popen(argv, env=cli.env(), pass_fds=[listening.fileno()], stdout=subprocess.PIPE)
            assert first.recv(100).startswith(b"HTTP/1.1 200 ")
            assert made.wait(30) == 0
        assert made.communicate()[0] == f"export DOCKER_HOST=unix://{path}\n".encode()
        with _connected(path):
            assert waiting.readable(listening)


def test_the_units_name_this_hull_and_the_usual_place(cli):
    store = f"{os.path.dirname(cli.root)}/a b"
    env = {**cli.env(), "HULL_ROOT": store}
    service = cli("serve", "--print-unit", "service", check=True, env=env).stdout.decode()
    shutil.rmtree(store, ignore_errors=True)
    assert re.search(r'^ExecStart="/\S+"( "-m" "hull")? serve$', service, re.MULTILINE)
    assert f'Environment="HULL_ROOT={store}"\n' in service
    unit = cli("serve", "--print-unit", "socket", check=True).stdout.decode()
    assert "ListenStream=%t/hull/docker.sock\n" in unit


def test_what_it_starts_may_have_as_many_descriptors_as_what_run_starts(cli):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
    try:
        server = Server(cli)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    with contextlib.closing(server), contextlib.ExitStack() as stack:
        body = {"Image": "busybox", "Cmd": ["sh", "-c", "ulimit -Sn; ulimit -Hn"], "Tty": True}
        ident = server.request("POST", "/containers/create", body).json["Id"]
        server.request("POST", f"/containers/{ident}/start")
        server.request("POST", f"/containers/{ident}/wait")
        said = server.request("GET", f"/containers/{ident}/logs?stdout=1").body
        server.request("DELETE", f"/containers/{ident}")
        assert said.split() == [b"256", str(hard).encode()]
        for _ in range(300):  # itself, it takes as many clients as come
            stack.enter_context(server.connect()).sendall(PING)
        assert server.request("GET", "/_ping").status == 200


def test_with_a_leash_it_ends_with_its_input(cli, place):
    made = cli.popen("serve", "--leash", "--idle=0", "-H", f"{place}/d.sock", stdin=subprocess.PIPE,
                     stdout=subprocess.PIPE)  # fmt: skip
    assert made.stdout.readline().startswith(b"export ")
    made.communicate(timeout=30)
    assert made.returncode == 0


@pytest.mark.parametrize("words", [("serve", "--stdio"), ("system", "dial-stdio")])
def test_standard_input_and_output_are_joined_to_a_server_that_is_there_for_them(cli, place, words):
    env = cli.env(HULL_ROOT=f"{place}/root")
    done = cli(*words, env=env, input=PING.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"), check=True)
    assert done.stdout.startswith(b"HTTP/1.1 200 ")
    assert done.stdout.endswith(b"OK")
    server = _pid(f"{place}/root/run/docker.sock")
    os.kill(server, signal.SIGTERM)
    assert waiting.gone(server)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--tcp", "127.0.0.1:0"), "cannot listen at 127.0.0.1:0 without certificates"),
        (("--tlscert", "x"), "without --tcp"),
        (("--tcp", "nowhere", "--tlscacert=a", "--tlscert=b", "--tlskey=c"), "no HOST:PORT"),
        (("-H", "tcp://127.0.0.1:1"), "only unix://PATH"),
        (("--session",), "this shell has not loaded hull"),
        (("--idle", "soon"), "soon"),
    ],
)
def test_what_cannot_be_served_is_refused_with_the_reason(cli, words, said):
    refused = cli("serve", *words)
    assert refused.returncode == 125
    assert said in refused.stderr.decode()


def _pid(path):
    """Return who listens at a socket, as the kernel tells a client."""
    with _connected(path) as asking:
        return int.from_bytes(asking.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)[:4], "little")
