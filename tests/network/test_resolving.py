"""Names in real containers, whatever the machine's resolv.conf is (CASES B63 and B64), and no route (B65)."""

import pytest

from tests.capabilities import missing
from tests.network.estate import NAMES
from tests.network.estates import NEEDS, Estate, backend, estate  # noqa: F401 (fixtures)
from tests.waiting import until

pytestmark = [pytest.mark.real, pytest.mark.needs(*NEEDS), pytest.mark.single_id]
ONE, OTHER = NAMES
QUERY = b"\x12\x34\1\0\0\1\0\0\0\0\0\0\4host\4test\0\0\1\0\1"
BY_TCP = "printf '{}' | nc $(sed -n 's/nameserver //p' /etc/resolv.conf) 53 | tail -c 4 | od -An -tu1".format(
    "".join(f"\\{byte:03o}" for byte in len(QUERY).to_bytes(2, "big") + QUERY)
)
FORMS = ("/run/systemd/resolve/stub-resolv.conf", "/etc/own/resolv.conf", "/mnt/store/resolv.conf")


def configure(estate: Estate, server: str, link: str = "") -> None:  # noqa: F811 (a fixture)
    """Let the machine ask a server: by a file that /etc/resolv.conf links to, or by itself."""
    place = link or "/etc/resolv.conf"
    lines = f"rm -f /etc/resolv.conf; mkdir -p $(dirname {place}); echo nameserver {server} >{place}"
    code, _, said = estate.do("sh", "-c", lines + (f"; ln -s {link} /etc/resolv.conf" if link else ""))
    assert code == 0, said


def looks_up(answer: str) -> tuple[str, ...]:
    """Return a program that ends well once a name has that address."""
    line = f"timeout 8 sh -c 'until nslookup -type=a host.test | grep -qF {answer}; do sleep 0.1; done'"
    return "sh", "-c", line


@pytest.mark.parametrize("link", ["", *FORMS])
def test_b63_every_form_of_resolv_conf(estate: Estate, backend: str, link: str) -> None:  # noqa: F811 (fixtures)
    configure(estate, ONE, link)
    assert estate.ask("run", "--rm", "--network", backend, "busybox", *looks_up(NAMES[ONE]))[0] == 0


def test_b64_names_by_tcp(estate: Estate) -> None:  # noqa: F811 (a fixture)
    if missing("program:slirp4netns"):
        pytest.skip("slirp4netns is not installed; pasta's forwarder learned tcp later")
    configure(estate, ONE)
    words = ("run", "--rm", "--network", "slirp4netns", "busybox", "sh", "-c", BY_TCP)
    assert ".".join(estate.hull(*words)) == NAMES[ONE]


def test_b64_another_server_while_it_runs(estate: Estate) -> None:  # noqa: F811 (a fixture)
    if missing("program:slirp4netns"):
        pytest.skip("slirp4netns is not installed; pasta keeps the server that it found")
    configure(estate, ONE)
    estate.hull("run", "-d", "--name", "moves", "--network", "slirp4netns", "busybox", "sleep", "1000")
    try:
        assert estate.ask("exec", "moves", *looks_up(NAMES[ONE]))[0] == 0
        configure(estate, OTHER)
        assert estate.ask("exec", "moves", *looks_up(NAMES[OTHER]))[0] == 0
    finally:
        estate.hull("rm", "-f", "moves")


def test_b65_without_any_route(estate: Estate) -> None:  # noqa: F811 (a fixture)
    routes = ("route", "add", "default", "via", "198.51.100.1"), ("-6", "route", "add", "default", "via", "2001:db8::1")
    for words in routes:
        assert estate.do("ip", *("del" if word == "add" else word for word in words))[0] == 0
    try:
        code, out, err = estate.ask("run", "--rm", "busybox", "echo", "started")
        assert (code, out) == (0, "started\n")
        assert err.count("warning") == len(err.splitlines()) == 1
        assert "no default route" in err
    finally:
        for words in routes:
            until(lambda words=words: estate.do("ip", *words)[0] == 0)
