"""A program with every capability of its own, and what it tries against its network policy."""

import os
import shutil
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator

import pytest
from hull.kernel.features import environment
from hull.network import nftables
from hull.runtime import idmaps, ops
from hull.runtime.launch import Launch, identity_ops, spawn
from hull.runtime.session import Session

from tests.capabilities import missing
from tests.cases.conftest import Up
from tests.commandline import CommandLine
from tests.security.test_cve_2021_20199_peer import SERVE

pytestmark = [pytest.mark.single_id, pytest.mark.as_root]
HERE = os.path.dirname(os.path.abspath(__file__))
POWERS = (
    ("--cap-add=ALL", "--security-opt=seccomp=unconfined"),
    ("--cap-add=ALL", "--security-opt=seccomp=unconfined", "-u", "65534"),
    ("--cap-add=NET_ADMIN", "--cap-add=NET_RAW"),
    (),
)
ADMINISTERS = (
    "table-flush",
    "table-new",
    "device",
    "pair",
    "sysctl",
    "raw",
    "raw-tcp",
    "raw-six",
    "packet",
    "transparent",
)
WARM = """
import sys
from hull.engine import Engine
from hull.commands.run import run
engine = Engine()
engine.keep()
launch = run(engine, "busybox", ("/attacker", "tap0"), network=("slirp4netns",), rm=True, egress=("none",),
             cap_add=("ALL",), security_opt=("seccomp=unconfined",), volume=(sys.argv[1] + ":/attacker:ro",))
code = engine.spawn(launch).wait()
engine.close()
sys.exit(code)
"""


@pytest.fixture(scope="session")
def attacker(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the static program of attacker.c."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("needs program:cc: the attacker is compiled here")
    path = str(tmp_path_factory.mktemp("attacker") / "attacker")
    subprocess.run([compiler, "-static", "-O1", "-o", path, f"{HERE}/attacker.c"], check=True, capture_output=True)
    os.chmod(path, 0o755)
    return path


@pytest.fixture
def far() -> Iterator[tuple[str, int, int]]:
    """Serve on two ports of an address that is not loopback, as a container's uplink reaches it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            pytest.skip("no address but loopback")
        address = probe.getsockname()[0]
    listeners = [socket.create_server((address, 0)) for _ in range(2)]

    def answer(listener: socket.socket) -> None:
        try:
            while True:
                with listener.accept()[0] as connection:
                    connection.sendall(b"answered\n")
        except OSError:
            return

    for listener in listeners:
        threading.Thread(target=answer, args=(listener,), daemon=True).start()
    yield (address, *(listener.getsockname()[1] for listener in listeners))
    for listener in listeners:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def outcomes(text: bytes) -> tuple[dict[str, str], dict[str, str]]:
    """Return what each try came to, and what a datagram came to after it."""
    tries, after = {}, {}
    for line in text.decode().splitlines():
        name, *words = line.split()
        (after if words[0] == "out" else tries)[name] = words[-1]
    assert "to-fast-open" in after, text
    return tries, after


def run(cli: CommandLine, attacker: str, *flags: str, backend: str = "slirp4netns") -> bytes:
    """Let it try its device; the only one that is not loopback's."""
    if missing(f"program:{backend}"):
        pytest.skip(f"needs program:{backend}: {missing(f'program:{backend}')}")
    words = ("run", "--rm", "--network", backend, "-v", f"{attacker}:/attacker:ro", *flags)
    done = cli(*words, "busybox", "sh", "-c", "exec /attacker $(ls /sys/class/net | grep -v ^lo$)")
    assert done.returncode == 0, done.stderr
    return bytes(done.stdout)


@pytest.mark.needs("tun", "program:slirp4netns")
@pytest.mark.parametrize("powers", POWERS, ids=["all", "all as nobody", "network", "none"])
def test_nothing_that_a_program_does_lets_it_out(cli: CommandLine, attacker: str, powers: tuple[str, ...]) -> None:
    if "-u" in powers and missing("range"):
        pytest.skip(f"needs range: {missing('range')}")
    tries, after = outcomes(run(cli, attacker, "--egress", "none", *powers))
    assert set(after.values()) == {"EPERM"}
    assert {name for name, word in tries.items() if word == "ok"} == {"nothing"}


@pytest.mark.needs("tun")
def test_nothing_lets_it_out_by_pasta(cli: CommandLine, attacker: str) -> None:
    tries, after = outcomes(run(cli, attacker, "--egress", "none", *POWERS[0], backend="pasta"))
    assert set(after.values()) == {"EPERM"}
    assert {name for name, word in tries.items() if word == "ok"} == {"nothing"}
    assert set(outcomes(run(cli, attacker, *POWERS[0], backend="pasta"))[1].values()) == {"ok"}


@pytest.mark.needs("tun", "program:slirp4netns")
def test_the_same_tries_succeed_without_a_policy(cli: CommandLine, attacker: str) -> None:
    """Else the test above would hold of an attacker that can do nothing."""
    tries, after = outcomes(run(cli, attacker, *POWERS[0]))
    assert set(after.values()) == {"ok"}
    assert not [name for name in ADMINISTERS if tries[name] != "ok"]


@pytest.mark.needs("tun", "program:slirp4netns")
def test_nothing_lets_it_out_of_a_warm_shells_container(cli: CommandLine, attacker: str) -> None:
    words = [sys.executable, "-c", WARM, attacker]
    done = subprocess.run(words, env={**environment(), **cli.env()}, capture_output=True, timeout=60, check=False)
    tries, after = outcomes(done.stdout)
    assert set(after.values()) == {"EPERM"}, done.stderr
    assert {name for name, word in tries.items() if word == "ok"} == {"nothing"}


@pytest.mark.needs("tun", "program:slirp4netns")
def test_dns_is_the_resolver_and_no_other_port(cli: CommandLine, attacker: str) -> None:
    tries, after = outcomes(run(cli, attacker, "--egress", "dns", *POWERS[0]))
    assert set(after.values()) == {"EPERM"}
    assert {name for name, word in tries.items() if word == "ok"} == {"nothing", "to-resolver"}


@pytest.mark.needs("tun", "program:slirp4netns")
def test_a_second_program_is_under_the_same_policy(up: Up, cli: CommandLine, attacker: str) -> None:
    flags = ("--network", "slirp4netns", "--egress", "none", *POWERS[0], "-v", f"{attacker}:/attacker:ro")
    up("egress-exec", "echo up; cat", *flags)
    done = cli("exec", "egress-exec", "/attacker", "tap0")
    tries, after = outcomes(done.stdout)
    assert set(after.values()) == {"EPERM"}
    assert {name for name, word in tries.items() if word == "ok"} == {"nothing"}


@pytest.mark.needs("tun", "program:slirp4netns")
def test_what_is_allowed_is_reached_by_name_and_nothing_beside(cli: CommandLine, far: tuple[str, int, int]) -> None:
    address, allowed, other = far
    script = f"nc -w 5 far.test {allowed} </dev/null; nc -w 5 far.test {other} </dev/null; echo $?"
    words = ("run", "--rm", "--network", "slirp4netns", "--add-host", f"far.test:{address}")
    done = cli(*words, "--egress", f"far.test:{allowed}", "busybox", "sh", "-c", script)
    assert done.stdout == b"answered\n1\n", done.stderr
    assert cli(*words, "busybox", "sh", "-c", script).stdout == b"answered\nanswered\n0\n"


@pytest.mark.needs("tun", "program:slirp4netns")
def test_a_published_port_answers_though_nothing_may_go_out(up: Up) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    up("egress-port", SERVE, "--network", "slirp4netns", "--egress", "none", "-p", f"127.0.0.1:{port}:8080")
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=20) as answer:
        assert answer.read() == b"hello\n"


def launched(*plan: ops.Op) -> "subprocess.CompletedProcess[bytes]":
    """Run a plan, nested as a filtered container is, that says so if its program starts."""
    identity = idmaps.find("single")
    session = Session.open(identity)
    steps = [*identity_ops(identity, session), *plan, ("arg", "/bin/sh"), ("arg", "-c"), ("arg", "echo started")]
    launch = Launch(ops.encode(steps), ("hull-test",), fds=(session.fd,))
    try:
        with spawn(launch, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
            out, err = child.communicate(timeout=20)
    finally:
        session.close()
    return subprocess.CompletedProcess([], child.returncode, out, err)


def batch(*rules: bytes) -> str:
    (found,) = nftables.Table("hull", tuple(("output", rule) for rule in rules)).batches()
    return found.hex()


@pytest.mark.parametrize(
    ("hexadecimal", "reason"),
    [
        (batch(nftables._expression("nosuch", b"")), b"no nf_tables"),
        (batch(nftables.accept())[:-8], b"no batch"),
        (batch(nftables.accept()).replace("0", "G", 1), b"no batch"),
        (batch(nftables.accept()).upper(), b"no batch"),
        ("", b"no batch"),
    ],
    ids=["a rule that the kernel lacks", "cut short", "not hex", "not lower-case", "empty"],
)
def test_what_cannot_be_filtered_does_not_start(hexadecimal: str, reason: bytes) -> None:
    net = ("namespace", "net-outer")
    assert launched(net, ("nftables", batch(nftables.accept()))).stdout == b"started\n"
    done = launched(net, ("nftables", hexadecimal))
    assert (done.returncode, done.stdout) == (125, b""), done
    assert reason in done.stderr


def test_a_network_of_its_own_cannot_be_filtered() -> None:
    for plan in ((("namespace", "net"),), ()):
        done = launched(*plan, ("nftables", batch(nftables.accept())))
        assert (done.returncode, done.stdout) == (125, b""), done
        assert b"could undo it" in done.stderr
