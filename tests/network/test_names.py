"""resolv.conf, hosts and hostname, and the flags that change them."""

import os

import pytest
from hull.errors import UserError
from hull.model import Spec
from hull.network import names
from hull.network.names import Place
from hull.network.resolver import Resolver

HOST = Resolver(("127.0.0.53",), ("corp.example",), ("edns0",))


def test_the_hosts_search_and_options_are_kept_with_the_backends_server():
    text = names.resolv_conf(Spec("x"), HOST, ("10.0.2.3",))
    assert text == "nameserver 10.0.2.3\nsearch corp.example\noptions edns0\n"


def test_flags_take_the_place_of_the_hosts_kind_by_kind():
    spec = Spec("x", dns=("9.9.9.9", "2620:fe::fe"), dns_search=("a.example",), dns_options=("ndots:1",))
    text = names.resolv_conf(spec, HOST, ("10.0.2.3",))
    assert text == "nameserver 9.9.9.9\nnameserver 2620:fe::fe\nsearch a.example\noptions ndots:1\n"
    assert "search" not in names.resolv_conf(Spec("x", dns_search=(".",)), HOST, ())


@pytest.mark.parametrize(
    "spec",
    [
        Spec("x", dns=("one.example",)),
        Spec("x", dns=("9.9.9.9\nnameserver 6.6.6.6",)),
        Spec("x", dns_search=("a b",)),
        Spec("x", dns_options=("a\noptions b",)),
        Spec("x", dns_options=("",)),
    ],
)
def test_no_word_writes_another_line(spec):
    with pytest.raises(UserError):
        names.resolv_conf(spec, HOST, ())


def test_added_hosts_in_each_form():
    place = Place("box", "10.0.2.100", lambda: "192.0.2.2")
    words = (
        "db:10.1.1.1",
        "six:[2001:db8::1]",
        "seven:2001:db8::2",
        "eq=10.1.1.2",
        "host.docker.internal:host-gateway",
    )
    assert names.extra_hosts(words, place) == (
        "10.1.1.1\tdb",
        "2001:db8::1\tsix",
        "2001:db8::2\tseven",
        "10.1.1.2\teq",
        "192.0.2.2\thost.docker.internal",
    )


@pytest.mark.parametrize("word", ["db", "db:", ":10.1.1.1", "db:ten", "a b:10.1.1.1", "db:10.1.1.1\n6.6.6.6 x"])
def test_a_wrong_host_is_the_users_error(word):
    with pytest.raises(UserError):
        names.extra_hosts((word,), Place("box"))


def test_host_gateway_is_refused_where_nothing_reaches_the_host():
    with pytest.raises(UserError, match="host-gateway"):
        names.extra_hosts(("up:host-gateway",), Place("box"))


def test_the_containers_own_name_is_in_hosts():
    lines = names.hosts(Place("box.example.org", "10.0.2.100"), ("10.1.1.1\tdb",), shared=False).splitlines()
    assert "127.0.0.1\tlocalhost" in lines
    assert "10.0.2.100\tbox.example.org box" in lines
    assert lines[-1] == "10.1.1.1\tdb"


def test_on_the_hosts_network_the_hosts_names_come_first():
    with open("/etc/hosts") as file:
        own = file.read().rstrip("\n")
    text = names.hosts(Place("box"), ("10.1.1.1\tdb",), shared=True)
    assert text == f"{own}\n10.1.1.1\tdb\n"


def test_the_name_is_asked_or_the_short_id_or_the_hosts():
    assert names.hostname(Spec("x", hostname="web"), "/c/0123456789abcdef") == "web"
    assert names.hostname(Spec("x"), "/c/0123456789abcdef") == "0123456789ab"
    assert names.hostname(Spec("x", network="host"), "/c/0123456789abcdef") == os.uname().nodename
    with pytest.raises(UserError):
        names.hostname(Spec("x", hostname="a\nb"), "/c/0")


def test_the_files_are_readable_to_whoever_is_inside(tmp_path):
    mask = os.umask(0o077)
    try:
        names.write(str(tmp_path), "hosts", "x\n")
    finally:
        os.umask(mask)
    assert (tmp_path / "hosts").stat().st_mode & 0o777 == 0o644
