"""Which backend is taken, what is refused, what is written."""

import os

import pytest
from hull import log
from hull.errors import HostError, UserError
from hull.kernel.features import Host
from hull.model import Port, Spec
from hull.network import Networks, routes
from hull.network.routes import Routes
from hull.paths import Paths
from hull.runtime.ops import OPS


class Machine(Host):
    """A host with the programs that a test names."""

    def __init__(self, base, *programs, help=""):
        super().__init__(Paths(base, base, base))
        self.installed, self.text = programs, help

    def program(self, name):
        return f"/usr/bin/{name}" if name in self.installed else ""

    def help(self, program):
        return self.text


@pytest.fixture
def attach(tmp_path, monkeypatch):
    monkeypatch.setattr(routes, "read", lambda: Routes(v4=True, v6=True))
    access = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: path == "/dev/net/tun" or access(path, mode))
    directory = tmp_path / "0123456789abcdef0123"
    directory.mkdir()

    def call(spec, *programs, help=""):
        return Networks(Machine(str(tmp_path), *programs, help=help), log.silent).attach(
            spec, str(directory), outer=False
        )

    return call


def words(attachment):
    return [op[1] for op in attachment.ops if op[0] == "helper-arg"]


def test_the_default_takes_what_is_ready_soonest(attach):
    assert attach(Spec("x"), "slirp4netns", "pasta").backend == "slirp4netns"
    assert attach(Spec("x"), "pasta").backend == "pasta"


def test_without_a_backend_there_is_loopback_and_one_warning(attach):
    found = attach(Spec("x"))
    assert (found.backend, words(found), len(found.warnings)) == ("none", [], 1)
    assert "slirp4netns is not installed" in found.warnings[0]


def test_b65_a_host_without_a_route_still_starts(attach, monkeypatch):
    monkeypatch.setattr(routes, "read", Routes)
    found = attach(Spec("x"), "slirp4netns", "pasta")
    assert (found.backend, len(found.warnings)) == ("slirp4netns", 1)
    found = attach(Spec("x"), "pasta")
    assert (found.backend, len(found.warnings)) == ("none", 1)
    assert "no default route" in found.warnings[0]


def test_ports_that_cannot_be_published_are_an_error_not_a_warning(attach):
    with pytest.raises(HostError, match="cannot publish"):
        attach(Spec("x", ports=(Port(80),)))
    with pytest.raises(HostError, match="way in"):
        attach(Spec("x", network="none", ports=(Port(80),)), "slirp4netns")


def test_a_backend_that_is_named_is_taken_or_refused(attach):
    assert attach(Spec("x", network="pasta"), "slirp4netns", "pasta").backend == "pasta"
    with pytest.raises(HostError, match="pasta is not installed"):
        attach(Spec("x", network="pasta"), "slirp4netns")


@pytest.mark.parametrize("name", ["bridge", "container:web", "mine", ""])
def test_a_named_network_is_no_way_out_by_itself(attach, name):
    with pytest.raises(UserError, match="no way out"):
        attach(Spec("x", network=name), "slirp4netns")


def test_an_ipv6_address_is_published_by_pasta(attach):
    found = attach(Spec("x", ports=(Port(80, 0, "tcp", "::1"),)), "slirp4netns", "pasta")
    assert found.backend == "pasta"
    assert f"::1/{found.ports[0].host}:80" in words(found)


def test_pasta_publishes_on_ipv6_where_the_host_has_it(attach, monkeypatch):
    monkeypatch.setattr(routes, "read", lambda: Routes(v4=True))
    with pytest.raises(HostError, match="no IPv6 default route"):
        attach(Spec("x", ports=(Port(80, 0, "tcp", "::1"),)), "slirp4netns", "pasta")


def test_slirp4netns_keeps_the_hosts_loopback_out_of_reach(attach):
    assert {"--disable-host-loopback", "--enable-seccomp", "--ready-fd=@READY"} <= set(
        words(attach(Spec("x"), "slirp4netns"))
    )


def test_b63_the_sandbox_goes_where_resolv_conf_links_out_of_its_sight(attach, monkeypatch, tmp_path):
    from hull.network import resolver

    for path, kept in (("/etc/resolv.conf", True), ("/run/systemd/resolve/stub-resolv.conf", True), ("/nix/r", False)):
        monkeypatch.setattr(resolver, "read", lambda path=path: resolver.Resolver(("127.0.0.53",), path=path))
        assert ("--enable-sandbox" in words(attach(Spec("x"), "slirp4netns"))) is kept


def test_slirp4netns_is_asked_for_each_port(attach):
    found = attach(Spec("x", ports=(Port(80), Port(53, 0, "udp", "127.0.0.1"))), "slirp4netns")
    requests = [op for op in found.ops if op[0] == "helper-request"]
    assert len(requests) == 2
    socket = requests[0][1]
    assert f"--api-socket={socket}" in words(found)
    assert os.path.isdir(os.path.dirname(socket))
    assert ("remove", os.path.dirname(socket)) in found.ops
    assert f'"host_port": {found.ports[1].host}' in requests[1][2]
    assert '"proto": "udp"' in requests[1][2]
    assert '"host_addr": "127.0.0.1"' in requests[1][2]


def test_pasta_publishes_nothing_that_was_not_asked(attach):
    found = words(attach(Spec("x", network="pasta"), "pasta"))
    for option in ("-t", "-u", "-T", "-U"):
        assert found[found.index(option) + 1] == "none"
    assert "--no-map-gw" in found


def test_each_pasta_opens_the_namespace_as_it_can(attach):
    older = words(attach(Spec("x", network="pasta"), "pasta", help="--netns"))
    assert older[:2] == ["/bin/sh", "-c"]
    newer = words(attach(Spec("x", network="pasta"), "pasta", help="--netns --map-host-loopback"))
    assert newer[-2:] == ["--netns", "@NETNS"]


def test_pasta_forwards_names_only_where_nothing_else_reaches_the_server(attach, monkeypatch):
    from hull.network import resolver

    monkeypatch.setattr(resolver, "UPSTREAM", ())
    monkeypatch.setattr(resolver, "upstream", lambda found: found.remote)
    for server, expected in (("127.0.0.1", "169.254.1.1"), ("10.9.9.9", "10.9.9.9")):
        monkeypatch.setattr(resolver, "read", lambda server=server: resolver.Resolver((server,)))
        found = attach(Spec("x", network="pasta"), "pasta")
        assert found.nameservers == (expected,)
        assert ("--dns-forward" in words(found)) is (server == "127.0.0.1")


def test_the_hosts_network_ignores_ports_and_says_so(attach):
    found = attach(Spec("x", network="host", ports=(Port(80),)))
    assert (found.backend, found.ops, len(found.warnings)) == ("host", (), 1)


def test_low_ports_are_free_in_a_namespace_of_its_own_alone(attach):
    for name, free in (("none", True), ("slirp4netns", True), ("host", False)):
        ops = attach(Spec("x", network=name), "slirp4netns").ops
        assert (("sysctl", "net.ipv4.ip_unprivileged_port_start", "0") in ops) is free


def test_every_op_is_a_word_of_the_plan(attach):
    spec = Spec("x", ports=(Port(80),))
    for backend in ("slirp4netns", "pasta"):
        for op in attach(spec._replace(network=backend), backend).ops:
            assert len(op) == len(OPS[op[0]].arguments) + 1


def test_the_files_are_written(attach, tmp_path):
    attach(Spec("x", hosts=("db:10.1.1.1",), hostname="web"), "slirp4netns")
    directory = tmp_path / "0123456789abcdef0123"
    assert (directory / "hostname").read_text() == "web\n"
    assert "10.0.2.100\tweb" in (directory / "hosts").read_text()
    assert "nameserver 10.0.2.3" in (directory / "resolv.conf").read_text()
