"""The policy of --egress: its words, and what passes by real packets with each rule and without."""

import functools
import json
import os
import subprocess
import sys

import hull
import pytest
from hull.errors import UserError
from hull.model import Port
from hull.network import egress
from hull.network.backend import Around

HERE = os.path.dirname(os.path.abspath(__file__))
CORE = os.path.dirname(os.path.dirname(os.path.abspath(hull.__file__)))
WORDS = ("dns", "10.9.0.2:443", "[fd09::2]:443")
REAL = pytest.mark.needs("userns", "program:ip", "program:unshare")


@pytest.mark.parametrize(
    ("word", "target"),
    [
        ("example.org:443", ("example.org", 443, 443, "tcp")),
        ("10.0.0.0/8:1-1024/udp", ("10.0.0.0/8", 1, 1024, "udp")),
        ("[2001:db8::1]:53/udp", ("2001:db8::1", 53, 53, "udp")),
        ("[2001:db8::/32]:*", ("2001:db8::/32", 0, 65535, "tcp")),
        ("*:443", ("*", 443, 443, "tcp")),
        ("db_1:5432", ("db_1", 5432, 5432, "tcp")),
    ],
)
def test_a_word_says_where(word, target):
    assert egress.parse(word) == target


@pytest.mark.parametrize(
    "word",
    [
        "", ":", "example.org", "example.org:", ":443", "example.org:0", "example.org:65536", "example.org:9-1",
        "example.org:http", "example.org:443/icmp", "example.org:443/", "2001:db8::1:443", "[example.org]:443",
        "10.0.0.0/33:443", "10.0.0:443", "a b:443", "example.org;drop:443", "http://example.org:443", "-:1/tcp/udp",
        "example.org:٤", "example.org:1-2-3",
    ],
)  # fmt: skip
def test_another_word_is_the_users_error(word):
    with pytest.raises(UserError, match="egress"):
        egress.check((word,))


def test_none_and_all_stand_alone():
    assert egress.check(("dns", "dns", "a:1")) == ("dns", "a:1")
    for word in ("none", "all"):
        assert egress.check((word,)) == (word,)
        with pytest.raises(UserError, match="together"):
            egress.check((word, "dns"))


def test_a_name_means_the_addresses_it_has_at_the_start(monkeypatch):
    def answer(name, *_, **__):
        if name != "example.test":
            raise OSError
        return [
            (2, 1, 6, "", ("192.0.2.7", 0)),
            (10, 1, 6, "", ("2001:db8::7%3", 0, 0, 3)),
            (2, 2, 6, "", ("192.0.2.7", 0)),
        ]

    monkeypatch.setattr(egress.socket, "getaddrinfo", answer)
    policy = egress.decide(("example.test:443", "example.test:80", "gone.test:1"), Around())
    assert policy.hosts == ("192.0.2.7\texample.test", "2001:db8::7\texample.test")
    assert policy.warnings == ("gone.test has no address here and now: --egress gone.test allows nothing",)
    table = egress.table(("192.0.2.7:443", "[2001:db8::7]:443", "192.0.2.7:80", "[2001:db8::7]:80"), Around())
    assert policy.ops == tuple(("nftables", batch.hex()) for batch in table.batches())


def test_an_added_host_is_what_its_name_gives(monkeypatch):
    monkeypatch.delattr(egress.socket, "getaddrinfo")
    policy = egress.decide(("db:5432",), Around(("10.1.1.1\tother db",)))
    assert not policy.hosts
    assert policy.ops == egress.decide(("10.1.1.1:5432",), Around()).ops


def test_many_rules_are_several_batches_that_each_fit_a_socket():
    policy = egress.decide(tuple(f"10.0.{i}.1:443" for i in range(250)), Around())
    assert len(policy.ops) > 1
    assert max(len(batch) for _, batch in policy.ops) // 2 <= 25 << 10


def test_only_ports_that_can_be_published_are_let_in():
    ports = (Port(80), Port(53, 0, "udp"), Port(9, 0, "sctp"))
    assert len(egress.table(("none",), Around((), (), ports)).rules) == len(egress.table(("none",), Around()).rules) + 2


@functools.cache
def packets(link, *, without=False, words=WORDS):
    """Return what each try came to on two machines, one of them filtered: tests/network/filtered.py."""
    asked = {"link": link, "words": words, "ports": [80], "without": without}
    done = subprocess.run(
        ["unshare", "-U", "-r", "-n", "--kill-child", "--", sys.executable, f"{HERE}/filtered.py"],
        env={**os.environ, "PYTHONPATH": CORE},
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@REAL
@pytest.mark.single_id
def test_what_passes():
    found = packets("bridge")["all"]
    allowed = {f"{kind} {address} 53" for kind in ("tcp", "udp") for address in ("10.9.0.2", "fd09::2")}
    allowed |= {f"tcp {address} 443" for address in ("10.9.0.2", "fd09::2")}
    allowed |= {f"tcp {address} 80" for address in ("10.9.0.1", "fd09::1")}
    allowed |= {f"tcp {address} 81 own" for address in ("127.0.0.1", "::1", "10.9.0.1", "fd09::1")}
    allowed |= {"solicits", "routed"}
    assert {key for key, value in found.items() if value == "ok"} == allowed
    assert {found[f"tcp {address} 444"] for address in ("10.9.0.2", "fd09::2")} == {"ECONNREFUSED"}, "it may not hang"
    assert found["ping"] == found["fragments"] == found["udp 10.9.0.2 443"] == "EPERM"


@REAL
def test_peers_on_its_own_networks_come_in():
    found = packets("veth")["all"]
    assert {found[f"{kind} {address} 81"] for kind in ("tcp", "udp") for address in ("10.9.0.1", "fd09::1")} == {"ok"}
    assert found["udp fd09::2 443"] == found["udp 10.9.0.2 444"] == "EPERM"


@REAL
def test_none_lets_nothing_out():
    found = packets("veth", words=("none",))["all"]
    assert not [
        key for key, value in found.items() if value == "ok" and ("0.2" in key or "::2" in key or key == "ping")
    ]
    assert found["tcp 127.0.0.1 81 own"] == found["tcp 10.9.0.1 80"] == "ok"


@REAL
@pytest.mark.slow
@pytest.mark.parametrize("link", ["bridge", "veth"])
def test_each_rule_is_missed(link):
    """Without any one of them, or with chains that accept, something else happens."""
    found = packets(link, without=True)
    whole, count = found["all"], found["rules"]
    idle = [place for place in range(-1, count) if found[str(place)] == whole]
    inward = len(egress.table(WORDS, Around((), ("10.9.0.2", "fd09::2"))).rules) - 6
    own, answers, peers, *others = range(inward, count)
    assert own not in idle
    assert idle == ([peers] if link == "bridge" else [answers, *others]), [found[str(place)] for place in idle]
