"""What no container reaches unless asked: this machine's loopback, abstract names, metadata services, uplinks' sockets.

Every test shows the way open, too, where it was asked for: what is refused was there.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator

import pytest

from tests.busybox import rootfs
from tests.capabilities import missing
from tests.commandline import remove_tree
from tests.network.estate import PORT
from tests.security.test_no_cve_egress import attacker  # noqa: F401 (a fixture)

HERE = os.path.dirname(os.path.abspath(__file__))
TREE = os.path.dirname(os.path.dirname(HERE))
NEEDS = ("launcher", "userns", "tun", "program:ip", "program:unshare", "program:busybox")

pytestmark = [pytest.mark.real, pytest.mark.needs(*NEEDS), pytest.mark.single_id]


class Estate:
    """A machine of its own that runs hull."""

    def __init__(self, process: "subprocess.Popen[str]", store: str) -> None:
        self.process = process
        self.store = store

    def hull(self, *words: str) -> list[str]:
        """Run a command; return its lines of output, or fail with what it said."""
        code, out, err = self.ask(*words)
        assert code == 0, err
        return out.split()

    def ask(self, *words: str) -> tuple[int, str, str]:
        """Run a command; return its exit code and both streams."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(json.dumps(words), file=self.process.stdin, flush=True)
        code, out, err = json.loads(self.process.stdout.readline())
        return code, out, err

    def greeted(self, *words: str, of: tuple[str, ...]) -> set[str]:
        """Return which services greet a container that calls addresses, all at once."""
        call = "timeout 4 sh -c 'until nc $0 $1 2>/dev/null | grep .; do sleep 0.1; done' {0} {1} </dev/null"
        calls = " & ".join(call.format(address, PORT) for address in of)
        return {*self.hull("run", "--rm", *words, "busybox", "sh", "-c", f"{calls} & wait")}


@pytest.fixture(scope="module")
def estate() -> Iterator[Estate]:
    base = tempfile.mkdtemp(prefix="hull-", dir="/var/tmp")
    os.chmod(base, 0o755)
    try:
        yield from running(base)
    finally:
        remove_tree(base)


def running(base: str) -> Iterator[Estate]:
    with open(f"{base}/busybox.tar", "wb") as file:
        file.write(rootfs())
    words = ["unshare", "-U", "-r", "-n", "-m", "--", sys.executable, "-m", "tests.network.estate"]
    process = subprocess.Popen(
        [*words, f"{base}/store", f"{base}/busybox.tar"],
        cwd=TREE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join((f"{TREE}/core", TREE))},
    )  # fmt: skip
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == '"ready"\n'
        yield Estate(process, f"{base}/store")
        assert process.stdin is not None
        process.stdin.close()


@pytest.fixture(params=["slirp4netns", "pasta"])
def backend(request: pytest.FixtureRequest) -> str:
    reason = missing(f"program:{request.param}")
    if reason:
        pytest.skip(f"needs program:{request.param}: {reason}")
    return str(request.param)


def test_the_loopback(estate: Estate, backend: str) -> None:
    ways = ("127.0.0.1", "::1", "10.0.2.2", "198.51.100.1", "fd00::2", "2001:db8::1", "host.docker.internal")
    assert estate.greeted("--network", backend, of=ways) == set()
    assert estate.greeted("--network", backend, "--host-loopback", of=ways[-1:]) == {"127.0.0.1"}
    assert estate.greeted("--network", "host", of=ways[:2]) == {"127.0.0.1", "::1"}


def test_the_loopback_by_ipv6(estate: Estate) -> None:
    if missing("program:slirp4netns"):
        pytest.skip("slirp4netns is not installed")
    flags = ("--network", "slirp4netns:enable_ipv6=true,allow_host_loopback=")
    assert estate.greeted(flags[0], f"{flags[1]}false", of=("fd00::2",)) == set()
    assert estate.greeted(flags[0], f"{flags[1]}true", of=("fd00::2",)) == {"::1"}


def test_metadata_services(estate: Estate, backend: str) -> None:
    more = ":enable_ipv6=true" if backend == "slirp4netns" else ""
    ways = ("169.254.169.254", *(("fd00:ec2::254",) if more else ()))  # a pasta of 2023 leads to none on loopback
    flags = ("--network", backend + more)
    assert estate.greeted(*flags, of=ways) == set()
    assert estate.greeted(*flags, "--link-local", of=ways) == {*ways}


def test_metadata_services_from_a_named_network(estate: Estate) -> None:
    estate.hull("network", "create", "town")
    try:
        flags = ("--network", "town")
        assert estate.greeted(*flags, of=("169.254.169.254", "198.51.100.5")) == {"198.51.100.5"}
        assert estate.greeted(*flags, "--link-local", of=("169.254.169.254",)) == {"169.254.169.254"}
    finally:
        estate.hull("network", "rm", "town")


def test_a_name_server_among_them_answers_alone(estate: Estate) -> None:
    way = ("169.254.169.254",)
    assert estate.greeted("--dns", "169.254.169.254", of=way) == {"169.254.169.254"}
    assert estate.greeted("--dns", "169.254.169.253", of=way) == set()


def test_abstract_names(estate: Estate, attacker: str) -> None:  # noqa: F811 (a fixture)
    words = ("-v", f"{attacker}:/attacker:ro", "busybox", "/attacker", "meet", "hull-estate")
    assert estate.ask("run", "--rm", *words)[1] == "ECONNREFUSED\n"
    assert estate.ask("run", "--rm", "--network", "host", *words)[1] == "ok\n"


def test_the_uplinks_own_sockets(estate: Estate) -> None:
    """A port of udp gives slirp4netns a socket for requests, one of tcp gives the forwarder one."""
    if missing("program:slirp4netns"):
        pytest.skip("slirp4netns is not installed")
    words = ("-p", "53/udp", "-p", "80", "--network", "slirp4netns", "--name", "served", "busybox", "sleep", "1000")
    ident = estate.hull("run", "-d", *words)[0]
    place = f"{estate.store}/run/{ident[:16]}"
    look = ("sh", "-c", "find / -xdev -type s; cat /proc/net/unix")
    try:
        assert "slirp" not in str(estate.hull("exec", "served", *look))
        seen = estate.hull("run", "--rm", "-v", f"{place}:/s", "busybox", "find", "/s", "-type", "s")
        assert {*seen} == {"/s/slirp", "/s/ports"}
    finally:
        estate.hull("rm", "-f", "served")
