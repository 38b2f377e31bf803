"""Which link-local addresses stay out of reach, and which a network needs itself."""

from ipaddress import IPv4Address, IPv4Network

import pytest
from hull.network import linklocal


def blocked(*needed: str) -> list[str]:
    return [op[1] for op in linklocal.ops(needed)]


def test_all_of_it_where_nothing_is_needed() -> None:
    assert blocked() == blocked("10.0.2.3", "", "10.0.2.0/24") == [linklocal.V4, *linklocal.V6]


@pytest.mark.parametrize(
    "needed", [("169.254.169.253",), ("169.254.1.1", "169.254.1.2"), ("169.254.7.0/24", "169.254.7.9")]
)
def test_all_but_what_is_needed(needed: tuple[str, ...]) -> None:
    networks = [IPv4Network(word) for word in blocked(*needed) if ":" not in word]
    holes = [IPv4Network(word) for word in needed]
    size = sum(network.num_addresses for network in networks)
    assert size == 65536 - holes[0].num_addresses * (2 if needed[1:] == ("169.254.1.2",) else 1)
    assert not any(network.overlaps(hole) for network in networks for hole in holes)
    assert any(IPv4Address(linklocal.METADATA) in network for network in networks)


def test_a_network_of_link_local_addresses() -> None:
    assert blocked("169.254.0.0/16") == list(linklocal.V6)


def test_a_service_of_ipv6_that_is_asked_for() -> None:
    assert "fd00:ec2::254/128" not in blocked("fd00:ec2::254")
