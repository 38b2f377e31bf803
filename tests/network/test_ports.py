"""-p: Docker's grammar, and a host port that is really free."""

import errno
import os
import socket
from concurrent.futures import ThreadPoolExecutor

import pytest
from hull.errors import HostError, UserError
from hull.model import Port
from hull.network import choices, holders, ports
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("80", [Port(80)]),
        ("8080:80", [Port(80, 8080)]),
        ("8080:80/udp", [Port(80, 8080, "udp")]),
        ("8080:80/TCP", [Port(80, 8080)]),
        ("8080:80/sctp", [Port(80, 8080, "sctp")]),
        ("127.0.0.2:8080:80", [Port(80, 8080, "tcp", "127.0.0.2")]),
        ("127.0.0.1::80", [Port(80, 0, "tcp", "127.0.0.1")]),
        ("[::1]:8080:80/udp", [Port(80, 8080, "udp", "::1")]),
        ("[::1]::80", [Port(80, 0, "tcp", "::1")]),
        ("80-82", [Port(80), Port(81), Port(82)]),
        ("8080-8081:80-81", [Port(80, 8080), Port(81, 8081)]),
        ("8000-8009:80", [Port(80, 8000, "tcp", "", 8009)]),
    ],
)
def test_the_grammar(word, expected):
    assert list(ports.parse(word)) == expected


@pytest.mark.parametrize(
    "word",
    [
        *("", "x", "0", "65536", "80:", "-80", "80-", "82-80", "8080-8082:80-81", "80/dccp", "80/", "::1:80:80"),
        *("[::1:80:80", "localhost:80:80", "1.2.3:80:80", "80:80:80:80", "[127.0.0.1]:8:8:8", "\u0663:80", " 80"),
    ],
)
def test_everything_else_is_the_users_error(word):
    with pytest.raises(UserError) as caught:
        ports.parse(word)
    assert caught.value.hint


@given(st.text(alphabet="0123456789:-[]./tcpudp", max_size=30))
def test_any_text_is_parsed_or_refused(word):
    try:
        found = ports.parse(word)
    except UserError:
        return
    assert found
    assert all(0 < port.container <= 65535 and 0 <= port.host <= 65535 for port in found)


def listening(address="127.0.0.1", family=socket.AF_INET):
    server = socket.socket(family)
    server.bind((address, 0))
    server.listen()
    return server


def test_a_port_in_use_is_told_with_its_address():
    with listening() as server:
        taken = server.getsockname()[1]
        with pytest.raises(HostError, match=rf"127\.0\.0\.1:{taken}.*in use") as caught:
            ports.claim((Port(80, taken, "tcp", "127.0.0.1"),))
        assert str(taken) in caught.value.hint
        with pytest.raises(HostError):
            ports.claim((Port(80, taken),))


def test_a_free_port_is_chosen_and_each_is_another():
    first, second = ports.claim((Port(80), Port(81)))
    assert first.host
    assert first.host != second.host
    assert (first.container, second.container) == (80, 81)


def test_two_of_one_request_cannot_share_a_port():
    (free,) = ports.claim((Port(80),))
    with pytest.raises(HostError):
        ports.claim((free, free._replace(container=81)))


def test_a_range_gives_the_first_that_is_free():
    with listening() as server:
        taken = server.getsockname()[1]
        if taken > 65530:
            pytest.skip("no room above the port that the kernel chose")
        (found,) = ports.claim((Port(80, taken, "tcp", "127.0.0.1", taken + 4),))
        assert taken < found.host <= taken + 4
        assert found.last == 0


def test_requests_side_by_side_choose_different_ports_of_a_range(tmp_path):
    word = Port(80, 41000, "udp", "127.77.0.5", 41999)
    with ThreadPoolExecutor(8) as pool:
        found = [*pool.map(lambda _: ports.claim((word,), runtime=str(tmp_path))[0].host, range(24))]
    assert len({*found}) == len(found)


def test_a_port_chosen_before_is_taken_where_no_other_is_left_or_some_time_has_gone(tmp_path, monkeypatch):
    def choose():
        return ports.claim((Port(80, 21000, "udp", "127.77.0.5", 21001),), runtime=str(tmp_path))[0].host

    assert [choose() for _ in range(3)] == [21000, 21001, 21000]
    (tmp_path / "ports").write_text("")
    assert choose() == 21000
    with open(tmp_path / "ports", "a") as file:
        file.write("udp 21001")  # whose writer was killed
    monkeypatch.setattr(choices, "SECONDS", 0.0)
    assert choose() == 21000


def test_udp_is_tried_as_udp():
    with listening() as server:
        number = server.getsockname()[1]
        assert ports.claim((Port(53, number, "udp", "127.0.0.1"),))[0].host == number


def test_an_address_of_another_machine_is_told():
    with pytest.raises(HostError, match=r"192\.0\.2\.99") as caught:
        ports.claim((Port(80, 18080, "tcp", "192.0.2.99"),))
    assert "address of this machine" in caught.value.hint


def test_a_privileged_port_names_the_sysctl(monkeypatch, tmp_path):
    (tmp_path / "start").write_text("1024\n")
    monkeypatch.setattr(ports, "UNPRIVILEGED", str(tmp_path / "start"))
    with pytest.raises(HostError, match="port 80:") as caught:
        ports.claim((Port(80, 80),))
    assert "ip_unprivileged_port_start=80" in caught.value.hint
    assert "8080:80" in caught.value.hint


def test_every_address_is_one_of_each_family_with_the_same_number():
    both = ports.claim((Port(80),), lambda _: True)
    assert [port.address for port in both] in (["0.0.0.0", "::"], ["0.0.0.0"])
    assert len({port.host for port in both}) == 1


def test_what_has_the_number_on_ipv6_alone_is_in_the_way_too():
    with socket.socket(socket.AF_INET6) as server:
        server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        try:
            server.bind(("::", 0))
        except OSError:
            pytest.skip("this machine has no IPv6")
        server.listen()
        taken = server.getsockname()[1]
        assert [port.address for port in ports.claim((Port(80, taken),))] == ["0.0.0.0"]
        with pytest.raises(holders.InUse):
            ports.claim((Port(80, taken),), lambda _: True)


def test_who_has_a_port_is_told():
    with listening() as server:
        with pytest.raises(holders.InUse, match=rf"in use by .*\(process {os.getpid()}\)") as caught:
            ports.claim((Port(80, server.getsockname()[1], "tcp", "127.0.0.1"),))
        assert caught.value.port.host == server.getsockname()[1]


def test_a_protocol_that_the_kernel_lacks_names_the_module(monkeypatch):
    def refuse(*_):
        raise OSError(errno.EPROTONOSUPPORT, "no")

    monkeypatch.setattr(socket, "socket", refuse)
    with pytest.raises(HostError) as caught:
        ports.claim((Port(80, 18080, "sctp"),))
    assert "modprobe sctp" in caught.value.hint


def test_a_socket_that_is_handed_over_is_bound():
    ((port, bound),) = ports.bind(Port(80, 0, "tcp", "127.0.0.1"))
    with bound:
        assert bound.getsockname() == ("127.0.0.1", port.host)
