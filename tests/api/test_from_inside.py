"""A container does not reach the server, whatever network it is on, unless its user mounts the socket."""

import os

import pytest

SEEN = 'test -S "$0" && echo reached || echo hidden'


def _look(cli, server, *flags):
    return cli("run", "--rm", *flags, "busybox", "sh", "-c", SEEN, server.path, check=True).stdout.decode().strip()


def test_cve_2020_15257_the_hosts_network_is_no_way_to_the_socket(cli, server):
    assert _look(cli, server, "--network", "host") == "hidden"
    everything = cli("run", "--rm", "--network", "host", "busybox", "cat", "/proc/net/unix", check=True).stdout.decode()
    names = _names(server)
    assert all(name in everything for name in names)  # it is the host's network: what had no path would be reached
    assert {os.path.dirname(name) for name in names} == {server.home}


@pytest.mark.needs("ordinary")  # of root's containers not even their root passes the directory
def test_who_mounts_the_socket_gives_it_away(cli, server):
    assert _look(cli, server, "-v", f"{server.home}:{server.home}") == "reached"


def _names(server):
    """Return the names of every socket that the server listens at."""
    held = f"/proc/{server.process.pid}/fd"
    links = [os.readlink(f"{held}/{fd}") for fd in os.listdir(held) if os.path.lexists(f"{held}/{fd}")]
    inodes = {link[len("socket:[") : -1] for link in links if link.startswith("socket:[")}
    with open("/proc/net/unix") as lines:
        rows = [line.split() for line in lines]
    listening = "00010000"
    return {row[7] if len(row) > 7 else "" for row in rows[1:] if row[6] in inodes and row[3] == listening}
