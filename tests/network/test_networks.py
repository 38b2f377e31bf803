"""Which backend is taken, what is refused, what is written."""

import os

import pytest
from hull import log, network
from hull.errors import HostError, UserError
from hull.kernel.features import Host
from hull.model import Port, Spec
from hull.network import Networks, pasta, routes
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

    def call(spec, *programs, help="", base=tmp_path, beside=network.ALONE):
        return Networks(Machine(str(base), *programs, help=help), log.silent).attach(spec, str(directory), beside)

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


def forwarded(attachment):
    """Return the words of the forwarder's ports."""
    words_ = words(attachment)
    return words_[words_.index("@FORWARD") + 7].split(";")


def test_an_ipv6_address_is_published_by_the_default(attach):
    found = attach(Spec("x", ports=(Port(80, 0, "tcp", "::1"),)), "slirp4netns", "pasta")
    assert found.backend == "slirp4netns"
    assert forwarded(found) == [f"tcp ::1 {found.ports[0].host} 80"]


def test_pasta_publishes_on_ipv6_where_the_host_has_it_the_forwarder_elsewhere(attach, monkeypatch):
    spec = Spec("x", network="pasta", ports=(Port(80, 0, "tcp", "::1"),))
    found = attach(spec, "pasta")
    assert f"::1/{found.ports[0].host}:80" in words(found)
    assert "@FORWARD" not in words(found)
    monkeypatch.setattr(routes, "read", lambda: Routes(v4=True))
    found = attach(spec, "pasta")
    assert forwarded(found) == [f"tcp ::1 {found.ports[0].host} 80"]


def test_pasta_is_told_many_ports_in_one_word(attach):
    found = words(attach(Spec("x", network="pasta", ports=tuple(Port(80 + i) for i in range(100))), "pasta"))
    assert len(found) < 64  # what the launcher takes
    assert found[found.index("-t") + 1].count(",") == 99


def test_the_forwarder_is_told_many_ports_in_one_word(attach):
    found = attach(Spec("x", ports=tuple(Port(80 + i, 0, "tcp", "127.0.0.1") for i in range(100))), "slirp4netns")
    assert len(forwarded(found)) == 100


def test_its_own_handler_refuses_what_it_cannot(attach):
    spec = Spec("x", network="slirp4netns:port_handler=slirp4netns", ports=(Port(80, 0, "tcp", "::1"),))
    with pytest.raises(HostError, match="port_handler=slirp4netns cannot publish on the IPv6 address ::1"):
        attach(spec, "slirp4netns")
    assert attach(spec._replace(ports=(Port(80),)), "slirp4netns").ports[0].address == "0.0.0.0"


def test_what_hides_the_client_is_known(attach):
    asked = (Port(80), Port(53, 0, "udp"))
    hidden = attach(Spec("x", ports=asked), "slirp4netns").hidden
    assert {(port.protocol, port.address) for port in hidden} == {("udp", "::")}
    assert attach(Spec("x", network="pasta", ports=asked), "pasta").hidden == ()
    handler = "slirp4netns:port_handler=rootlesskit"
    hidden = attach(Spec("x", network=handler, ports=asked), "slirp4netns").hidden
    assert {port.protocol for port in hidden} == {"udp"}


def test_slirp4netns_takes_podmans_words(attach):
    words_ = "slirp4netns:mtu=1400,cidr=10.9.0.0/24,enable_ipv6=true,allow_host_loopback=true,outbound_addr=eth0"
    found = attach(Spec("x", network=words_), "slirp4netns")
    said = words(found)
    assert {"--mtu=1400", "--cidr=10.9.0.0/24", "--enable-ipv6", "--outbound-addr=eth0"} <= set(said)
    assert "--disable-host-loopback" not in said
    assert found.nameservers == ("10.9.0.3",)
    assert found.hosts == ("10.9.0.2\thost.hull.internal host.docker.internal",)


@pytest.mark.parametrize(
    "word",
    ["mtu=0", "mtu=x", "cidr=10.0.0.0/30", "cidr=x", "enable_ipv6=yes", "port_handler=x", "api-socket=/x", "mtu"],
)
def test_slirp4netns_refuses_other_words(attach, word):
    with pytest.raises(UserError) as caught:
        attach(Spec("x", network=f"slirp4netns:{word}"), "slirp4netns")
    assert caught.value.hint


def test_pasta_takes_its_own_words(attach):
    said = words(attach(Spec("x", network="pasta:--mtu,1400,-T,5000,--ipv4-only"), "pasta"))
    assert said[said.index("--mtu") + 1] == "1400"
    assert said.count("-T") == 1
    assert said[said.index("-T") + 1] == "5000"


@pytest.mark.parametrize(
    "word", ["--runas,0", "--netns,/x", "--userns,/x", "-F,3", "-P,/x", "-p,/x", "-l,/x", "sh", "-m"]
)
def test_pasta_refuses_dangerous_words(attach, word):
    with pytest.raises(UserError) as caught:
        attach(Spec("x", network=f"pasta:{word}"), "pasta")
    assert caught.value.hint


@pytest.mark.parametrize("network", ["none:mtu=1", "host:x", "default:mtu=1"])
def test_other_networks_have_no_options(attach, network):
    with pytest.raises(UserError):
        attach(Spec("x", network=network), "slirp4netns")


def test_the_hosts_loopback_is_reached_when_asked(attach, monkeypatch):
    monkeypatch.setattr(pasta, "gateway", lambda: "192.0.2.1")
    slirp = attach(Spec("x", host_loopback=True), "slirp4netns")
    assert "--disable-host-loopback" not in words(slirp)
    assert slirp.hosts[0].startswith("10.0.2.2\t")
    older = attach(Spec("x", network="pasta", host_loopback=True), "pasta", help="--netns")
    assert "--no-map-gw" not in words(older)
    assert older.hosts[0].startswith("192.0.2.1\t")
    newer = words(attach(Spec("x", network="pasta", host_loopback=True), "pasta", help="--map-host-loopback"))
    assert newer[newer.index("--map-host-loopback") + 1] == "169.254.1.2"
    assert attach(Spec("x", network="host", host_loopback=True)).hosts[0].startswith("127.0.0.1\t")
    with pytest.raises(HostError, match="loopback"):
        attach(Spec("x", network="none", host_loopback=True))


def test_the_hosts_names_do_not_resolve_unless_asked(attach):
    for name in ("slirp4netns", "pasta", "host", "none"):
        assert attach(Spec("x", network=name), "slirp4netns", "pasta").hosts == ()
    newer = words(attach(Spec("x", network="pasta"), "pasta", help="--map-host-loopback"))
    assert newer[newer.index("--map-host-loopback") + 1] == "none"


def test_the_gateway_is_this_machine_where_its_loopback_is(attach):
    found = attach(Spec("x", host_loopback=True, hosts=("db:host-gateway",)), "slirp4netns")
    assert found.hosts[0] == "10.0.2.2\tdb"


def test_slirp4netns_keeps_the_hosts_loopback_out_of_reach(attach):
    assert {"--disable-host-loopback", "--enable-seccomp", "--ready-fd=@READY"} <= set(
        words(attach(Spec("x"), "slirp4netns"))
    )


def test_b63_the_sandbox_goes_where_resolv_conf_links_out_of_its_sight(attach, monkeypatch, tmp_path):
    from hull.network import resolver

    for path, kept in (("/etc/resolv.conf", True), ("/run/systemd/resolve/stub-resolv.conf", True), ("/nix/r", False)):
        monkeypatch.setattr(resolver, "read", lambda path=path: resolver.Resolver(("127.0.0.53",), path=path))
        assert ("--enable-sandbox" in words(attach(Spec("x"), "slirp4netns"))) is kept


def test_slirp4netns_is_asked_for_udp_the_forwarder_for_the_rest(attach):
    asked = (Port(80, 0, "tcp", "127.0.0.1"), Port(53, 0, "udp", "127.0.0.1"))
    found = attach(Spec("x", ports=asked), "slirp4netns")
    (request,) = [op for op in found.ops if op[0] == "helper-request"]
    socket = request[1]
    assert f"--api-socket={socket}" in words(found)
    assert os.path.isdir(os.path.dirname(socket))
    assert ("remove", os.path.dirname(socket)) in found.ops
    assert f'"host_port": {found.ports[1].host}' in request[2]
    assert '"proto": "udp"' in request[2]
    assert '"host_addr": "127.0.0.1"' in request[2]
    assert forwarded(found) == [f"tcp 127.0.0.1 {found.ports[0].host} 80"]


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


@pytest.mark.parametrize("protocol", ["tcp", "udp"])
def test_a_socket_with_too_long_a_path_publishes_nothing(attach, tmp_path, protocol):
    spec = Spec("x", ports=(Port(80, protocol=protocol, address="127.0.0.1"),))
    with pytest.raises(HostError, match="too long for a socket") as caught:
        attach(spec, "slirp4netns", base=tmp_path / ("x" * 100))
    assert "XDG_RUNTIME_DIR" in caught.value.hint


def test_the_way_out_beside_named_networks_has_a_name_of_its_own(attach):
    asked = Spec("x", network="pasta")
    assert "--ns-ifname" not in words(attach(asked, "pasta"))
    found = words(attach(asked, "pasta", beside=network.Beside(interface="tap0")))
    assert found[found.index("--ns-ifname") + 1] == "tap0"


def test_a_resolver_of_its_own_asks_whom_the_container_would_have_asked(attach, tmp_path):
    beside = network.Beside(resolves=True)
    asked = Spec("x", network="none", dns=("9.9.9.9", "2620:fe::fe"), dns_options=("timeout:1",))
    assert words(attach(asked, beside=beside))[-1] == "9.9.9.9,2620:fe::fe"
    written = (tmp_path / "0123456789abcdef0123/resolv.conf").read_text()
    assert "nameserver 127.0.0.11\n" in written
    assert "options timeout:1 ndots:0\n" in written
    for word in ("one.example", "9.9.9.9,8.8.8.8"):
        with pytest.raises(UserError, match="not an IP address"):
            attach(asked._replace(dns=(word,)), beside=beside)


def test_the_hosts_network_ignores_ports_and_says_so(attach):
    found = attach(Spec("x", network="host", ports=(Port(80),)))
    assert (found.backend, found.ops, len(found.warnings)) == ("host", (), 1)


def test_low_ports_and_pings_are_free_in_a_namespace_of_its_own_alone(attach):
    for name, free in (("none", True), ("slirp4netns", True), ("host", False)):
        ops = attach(Spec("x", network=name), "slirp4netns").ops
        assert (("sysctl", "net.ipv4.ip_unprivileged_port_start", "0") in ops) is free
        assert (("sysctl", "net.ipv4.ping_group_range", "@GROUPS") in ops) is free


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
