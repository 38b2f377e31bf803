"""--egress as the verbs have it: shown, kept, by default, completed, refused where nothing could be filtered."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commandline import CommandLine
from tests.waiting import until

pytestmark = [pytest.mark.as_root, pytest.mark.single_id]
# A datagram to a foreign address is sent, or the kernel refuses it: no name, no answer and no other machine is needed.
SEND = "timeout 0.5 nslookup x 198.51.100.9 2>&1; :"
REFUSED = b"Operation not permitted"
OUT = ("--network", "slirp4netns")
UPLINK = pytest.mark.needs("tun", "program:slirp4netns")


@pytest.fixture
def named(cli: CommandLine) -> Iterator[str]:
    """Give a name; its container is gone after the test."""
    name = f"egress-{os.getpid()}"
    yield name
    cli("rm", "-f", name)


@pytest.fixture
def settings(cli: CommandLine) -> Iterator[object]:
    """Write config.toml's `egress`."""
    place = f"{cli.root}/config"
    os.makedirs(place, exist_ok=True)

    def write(text: str) -> None:
        with open(f"{place}/config.toml", "w") as file:
            file.write(f"[run]\negress = {text}\n")

    yield write
    os.unlink(f"{place}/config.toml")


def test_the_plan_says_it_and_only_where_it_was_asked(cli: CommandLine) -> None:
    words = ("run", "--plan", "--network", "none")
    told = cli(*words, "--egress", "none", "busybox", "true", check=True).stdout
    assert b"\nnftables " in told
    assert b"net-outer" in told
    assert b"nftables" not in cli(*words, "busybox", "true", check=True).stdout


def test_inspect_shows_it(cli: CommandLine, named: str) -> None:
    words = ("--network", "none", "--egress", "dns", "--egress", "192.0.2.1:443")
    cli("create", "--name", named, *words, "busybox", check=True)
    (told,) = json.loads(cli("inspect", named, check=True).stdout)
    assert told["HostConfig"]["Egress"] == ["dns", "192.0.2.1:443"]


def test_the_hosts_network_cannot_be_filtered(cli: CommandLine) -> None:
    done = cli("run", "--rm", "--network", "host", "--egress", "none", "busybox", "echo", "started")
    assert (done.returncode, done.stdout) == (125, b"")
    assert b"cannot filter the host's network" in done.stderr


def test_another_containers_network_has_its_own(cli: CommandLine, named: str) -> None:
    cli("run", "-d", "--name", named, "--network", "none", "busybox", "sleep", "100", check=True)
    done = cli("run", "--rm", "--network", f"container:{named}", "--egress", "none", "busybox", "echo", "started")
    assert (done.returncode, done.stdout) == (125, b"")
    assert b"cannot filter the network of" in done.stderr


def test_a_wrong_word_starts_nothing(cli: CommandLine) -> None:
    done = cli("run", "--rm", "--egress", "example.org", "busybox", "echo", "started")
    assert (done.returncode, done.stdout) == (125, b"")
    assert b"no HOST:PORT" in done.stderr


def test_a_name_without_an_address_is_told(cli: CommandLine) -> None:
    words = ("run", "--rm", "--network", "none", "--egress", "nowhere.invalid:443")
    done = cli(*words, "busybox", "echo", "started")
    assert done.stdout == b"started\n"
    assert b"nowhere.invalid has no address" in done.stderr


@UPLINK
def test_it_holds_at_every_later_start(cli: CommandLine, named: str) -> None:
    done = cli("run", "--name", named, *OUT, "--egress", "none", "busybox", "sh", "-c", SEND, check=True)
    assert REFUSED in done.stdout
    assert REFUSED in cli("start", "-a", named, check=True).stdout


@UPLINK
def test_it_holds_when_the_monitor_starts_it_again(cli: CommandLine, named: str) -> None:
    words = ("--restart", "on-failure:2", *OUT, "--egress", "none", "busybox", "sh", "-c", f"{SEND}; exit 3")
    cli("run", "-d", "--name", named, *words, check=True)
    assert cli("wait", named, check=True).stdout == b"3\n"
    until(lambda: cli("logs", named, check=True).stdout.count(REFUSED) == 3)


@UPLINK
def test_the_settings_have_a_default_that_a_word_lifts(cli: CommandLine, settings, named: str) -> None:
    settings('["none"]')
    words = ("run", "--rm", *OUT)
    assert REFUSED in cli(*words, "busybox", "sh", "-c", SEND, check=True).stdout
    for word in ("all", "198.51.100.9:53/udp"):
        assert REFUSED not in cli(*words, "--egress", word, "busybox", "sh", "-c", SEND, check=True).stdout
    cli("create", "--name", named, *OUT, "busybox", "sh", "-c", SEND, check=True)
    settings('["dns"]')
    (told,) = json.loads(cli("inspect", named, check=True).stdout)
    assert told["HostConfig"]["Egress"] == ["none"], "what was asked is kept"


def test_wrong_settings_start_nothing(cli: CommandLine, settings) -> None:
    for text, reason in (
        ('"none"', b"no list of words"),
        ('["none", "dns"]', b"together"),
        ("[1]", b"no list of words"),
    ):
        settings(text)
        done = cli("run", "--rm", "--network", "none", "busybox", "echo", "started")
        assert (done.returncode, done.stdout) == (125, b"")
        assert reason in done.stderr


@UPLINK
def test_peers_come_in_and_names_mean_them(cli: CommandLine, named: str) -> None:
    network = f"{named}-net"
    cli("network", "create", network, check=True)
    serve = ("--egress", "none", "busybox", "sh", "-c", "while :; do echo answered | nc -l -p 80; done")
    ask = f"until nc -w 5 {named} 80 </dev/null; do :; done; nc -w 5 {named} 81 </dev/null 2>&1; {SEND}"
    try:
        cli("run", "-d", "--name", named, "--network", network, *serve, check=True)
        for word in (f"{named}:80", f"{network}:80"):
            words = ("run", "--rm", "--network", network, "--egress", word)
            told = cli(*words, "busybox", "sh", "-c", ask, check=True).stdout
            assert told.startswith(b"answered\n"), told
            assert b"Connection refused" in told
            assert REFUSED in told
        assert REFUSED in cli("exec", named, "sh", "-c", SEND, check=True).stdout
    finally:
        cli("rm", "-f", named)
        cli("network", "rm", network)


def test_its_words_are_completed(tmp_path: Path) -> None:
    from hull.commands._complete import Completer
    from hull.commands._complete_place import Line

    environ = {"HULL_ROOT": str(tmp_path / "none"), "HOME": "/"}
    words = [c.text for c in Completer()(Line(("run", "--egress"), ""), environ)]
    assert set(words) >= {"none", "dns", "all"}
