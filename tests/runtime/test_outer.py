"""The user namespace that owns networks, and what is handed out of it: really, as the caller."""

import os
import select

import pytest
from hull.errors import HostError
from hull.network.netlink import Netlink
from hull.runtime.idmaps import find
from hull.runtime.outer import Desk, owner_of

from tests.capabilities import missing

pytestmark = [pytest.mark.real, pytest.mark.needs("userns", "launcher"), pytest.mark.single_id, pytest.mark.as_root]


def inode(fd: int) -> int:
    return os.fstat(fd).st_ino


@pytest.fixture(params=["auto", "single"])
def identity(request):
    if request.param == "auto" and missing("range"):
        pytest.skip(f"needs range: {missing('range')}")
    return find(request.param)


def test_a_network_made_at_a_desk_is_the_callers_to_wire(identity):
    with Desk(identity) as desk:
        made = desk.new()
        link = Netlink(desk.socket())
    assert [found.name for found in link.links()] == ["lo"]  # the desk has gone, the socket has its rights
    bridge = link.bridge("br0", 1400)
    link.address(bridge, "10.1.0.1", 24)
    link.address(bridge, "fd00::1", 64)
    assert [(found.name, found.up) for found in link.links()] == [("lo", False), ("br0", True)]
    link.set_up("br0", up=False)
    assert not link.links()[1].up
    link.remove("br0")
    link.remove("br0")  # gone is gone
    with pytest.raises(OSError, match="no interface"):
        link.index("br0")
    link.close()
    os.close(made)


def test_its_owner_is_found_again_and_worked_in(identity):
    with Desk(identity) as desk:
        first = desk.new()
    outer = owner_of(first, identity)
    with Desk(identity, outer) as desk:
        second = desk.new()
        desk.enter(first)
        link = Netlink(desk.socket())
        link.bridge("br0")
        link.close()
    assert inode(owner_of(second, identity).fd) == inode(outer.fd) != os.stat("/proc/self/ns/user").st_ino
    assert inode(first) != inode(second)


def test_a_network_of_another_owner_is_not_entered(identity):
    with Desk(identity) as desk:
        other = desk.new()
    with Desk(identity) as desk, pytest.raises(HostError, match="enter"):
        desk.enter(other)


def test_a_keeper_holds_a_network_until_a_process_ends(identity):
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(writer)
        os.read(reader, 1)
        os._exit(0)
    with Desk(identity) as desk:
        made = desk.new()
        process = os.pidfd_open(child)
        keeper = desk.keep(process, made)
    end = os.pidfd_open(keeper)
    kept = inode(made)
    os.close(made)
    assert select.select([end], [], [], 0.2)[0] == []
    until = [f"/proc/{keeper}/fd/{fd}" for fd in os.listdir(f"/proc/{keeper}/fd")]
    assert kept in {os.stat(path).st_ino for path in until}
    assert len(until) == 5  # three standard ones, the process, the network: nothing of the caller's
    os.close(writer)
    os.waitpid(child, 0)
    assert select.select([end], [], [], 10)[0] == [end]


@pytest.mark.needs("ordinary")  # root may map anybody
def test_the_desk_says_why_it_could_not_be():
    identity = find("single")._replace(uids=((0, 4_000_000_000, 1),), gids=((0, 4_000_000_000, 1),))
    with pytest.raises(HostError, match=r"cannot prepare a network \(new\)"), Desk(identity) as desk:
        desk.new()
