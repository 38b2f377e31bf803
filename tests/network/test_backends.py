"""Each backend, really started, on a machine of its own: names, ports, and what stays out of reach."""

import json
import os
import subprocess
import sys

import hull
import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
CORE = os.path.dirname(os.path.dirname(os.path.abspath(hull.__file__)))
STUB, ANSWER = "127.0.0.53", "192.0.2.77"

pytestmark = [pytest.mark.needs("userns", "tun", "program:ip", "program:unshare"), pytest.mark.single_id]


@pytest.fixture(params=["slirp4netns", "pasta"])
def backend(request):
    from tests.capabilities import missing

    reason = missing(f"program:{request.param}")
    if reason:
        pytest.skip(f"needs program:{request.param}: {reason}")
    return request.param


@pytest.fixture
def ask(tmp_path):
    def call(question, backend, *addresses, server=STUB, link="/run/hull-test/resolv.conf"):
        place = ["unshare", "-U", "-r", "-n", "-m", "-p", "-f", "--mount-proc", "--kill-child", "--"]
        tmpfs = 'mount -t tmpfs none /run && mount -t tmpfs none /mnt && exec "$@"'
        words = [sys.executable, f"{HERE}/machine.py", question, backend, str(tmp_path), server, link, *addresses]
        env = {**os.environ, "PYTHONPATH": CORE}
        env.pop("NESTED", None)
        done = subprocess.run(
            [*place, "sh", "-c", tmpfs, "sh", *words], env=env, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    return call


def test_b63_a_stub_on_loopback_answers(ask, backend):
    assert ask("names", backend)[0] == ANSWER


def test_b64_names_by_tcp(ask):
    from tests.capabilities import missing

    if missing("program:slirp4netns"):
        pytest.skip("slirp4netns is not installed; pasta's forwarder learned tcp later")
    assert ask("names", "slirp4netns") == [ANSWER, ANSWER]


def test_b63_a_link_out_of_etc_and_run(ask, backend):
    assert ask("names", backend, link="/mnt/store/resolv.conf")[0] == ANSWER


def test_the_machines_loopback_stays_out_of_reach(ask, backend):
    assert ask("barrier", backend) == []


def test_b67_a_port_answers_on_each_address_and_tells_who_called(ask, backend):
    found = ask("ports", backend, "*")
    assert set(found) == {"127.0.0.1", "127.0.0.9", "198.51.100.5", "::1", "2001:db8::5"}
    if backend == "pasta":
        found.pop("2001:db8::5")  # both ends would have the one address; IPv4 is spared by the gateway's
    assert not [text for text in found.values() if "rrno" in text or "timed" in text], found
    if backend == "slirp4netns":
        assert found["198.51.100.5"] == "198.51.100.5"
        assert found["2001:db8::5"] == "2001:db8::5"
        assert found["127.0.0.9"] == "10.0.2.2"


def test_b67_a_port_answers_on_one_loopback_address(ask, backend):
    assert list(ask("ports", backend, "127.0.0.2")) == ["127.0.0.2"]


def test_b67_a_port_answers_on_ipv6_loopback(ask, backend):
    assert ":" in ask("ports", backend, "::1")["::1"]
