"""Which addresses a network has and which one a container gets."""

import pytest
from hull.errors import UserError
from hull.network.subnets import UPLINK, Asked, allocate, choose
from hull.state.networks import Subnet

SEED = "0123456789"


def test_the_first_free_of_the_pool_is_taken() -> None:
    assert choose(Asked(), (), (), SEED) == (Subnet("10.89.0.0/24", "10.89.0.1"),)
    taken, elsewhere = ("10.89.0.0/24", "fd00::/64"), ("10.89.1.0/255.255.255.0", "10.89.2.128/25")
    assert choose(Asked(), taken, elsewhere, SEED)[0].subnet == "10.89.3.0/24"
    with pytest.raises(UserError, match="free subnet"):
        choose(Asked(), ("10.0.0.0/8",), (), SEED)


def test_ipv6_is_a_unique_local_subnet_unless_one_is_named() -> None:
    v4, v6 = choose(Asked(v6=True), (), (), SEED)
    assert (v4.v6, v6) == (False, Subnet("fd01:2345:6789::/64", "fd01:2345:6789::1"))
    assert choose(Asked(("fd77::/64",), v6=True), (), (), SEED) == (Subnet("fd77::/64", "fd77::1"),)


def test_several_subnets_each_with_its_own_gateway_and_range() -> None:
    asked = Asked(("10.5.0.0/24", "10.6.0.0/24"), ("10.6.0.9",), ("10.5.0.64/26",))
    assert choose(asked, (), (), SEED) == (
        Subnet("10.5.0.0/24", "10.5.0.1", "10.5.0.64/26"),
        Subnet("10.6.0.0/24", "10.6.0.9"),
    )


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        (Asked(("10.5.0.0/16",)), "overlaps 10.5.1.0/24"),
        (Asked((UPLINK,)), "overlaps"),
        (Asked(("10.7.0.0/24", "10.7.0.0/25")), "overlaps"),
        (Asked(("10.7.0.1/24",)), "no network"),
        (Asked(("10.7.0.0/31",)), "no room"),
        (Asked(("10.7.0.0/24",), ("10.8.0.1",)), "no subnet"),
        (Asked(("10.7.0.0/24",), (), ("10.8.0.0/25",)), "no subnet"),
        (Asked(("10.7.0.0/24",), ("10.7.0.1", "10.7.0.2")), "several"),
        (Asked((), ("gate",)), "--gateway"),
    ],
)
def test_what_cannot_be_is_refused(asked: Asked, why: str) -> None:
    with pytest.raises(UserError, match=why):
        choose(asked, ("10.5.1.0/24",), (), SEED)


def test_what_hull_would_choose_may_be_asked_for_although_a_route_leads_there() -> None:
    assert choose(Asked(("10.89.4.0/24",)), (), ("10.89.4.0/24",), SEED)[0].subnet == "10.89.4.0/24"


def test_addresses_are_the_lowest_that_are_free_and_the_same_again() -> None:
    subnet = Subnet("10.1.0.0/29", "10.1.0.1")
    assert allocate(subnet, ()) == "10.1.0.2"
    assert allocate(subnet, ("10.1.0.2", "10.1.0.4")) == "10.1.0.3"
    assert allocate(subnet, ("10.1.0.2",), before="10.1.0.5") == "10.1.0.5"
    assert allocate(subnet, ("10.1.0.5",), before="10.1.0.5") == "10.1.0.2"
    assert allocate(subnet, ("10.1.0.5",), asked="10.1.0.6") == "10.1.0.6"
    with pytest.raises(UserError, match="free address"):
        allocate(subnet, [f"10.1.0.{number}" for number in range(2, 7)])  # neither the network's nor the broadcast's
    assert allocate(Subnet("fd00::/64", "fd00::1"), ("fd00::2",)) == "fd00::3"
    assert allocate(Subnet("10.1.0.0/24", "10.1.0.1", "10.1.0.8/30"), ("10.1.0.8",)) == "10.1.0.9"


@pytest.mark.parametrize(("address", "why"), [("10.1.0.1", "gateway"), ("10.1.0.3", "has it"), ("10.2.0.3", "not in")])
def test_an_address_that_cannot_be_had(address: str, why: str) -> None:
    with pytest.raises(UserError, match=why):
        allocate(Subnet("10.1.0.0/29", "10.1.0.1"), ("10.1.0.3",), asked=address)
