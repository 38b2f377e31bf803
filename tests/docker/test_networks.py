"""Bodies and documents of networks."""

import pytest
from hull.commands import _networks
from hull.docker import networks, networks_asked
from hull.docker.versions import Version
from hull.errors import Missing, UserError
from hull.state.networks import NoSuchNetwork

NEWEST = Version(1, 50)


def make(engine, version=NEWEST, **body):
    return networks.create(engine, {"Name": "net", **body}, version)["Id"]


def test_a_family_is_left_out_only_by_those_who_can_say_so(engine):
    make(engine, Version(1, 47), EnableIPv4=False, EnableIPv6=True)  # before 1.48 nobody could
    assert networks.inspect(engine, "net")["EnableIPv4"]
    networks.remove(engine, "net")
    make(engine, EnableIPv4=False, EnableIPv6=True)
    assert not networks.inspect(engine, "net")["EnableIPv4"]
    networks.remove(engine, "net")
    with pytest.raises(UserError, match="without addresses"):
        make(engine, EnableIPv4=False)


def test_older_clients_lists_tell_more(engine):
    ident = make(engine, Labels={"a": "b", "c": ""})
    for version in (Version(1, 27), Version(1, 28)):
        (found,) = networks.listed(engine, {"id": [ident[:9]], "label": ["a=b", "c"]}, version)
        assert (found["Id"], found["Containers"]) == (ident, {})
    assert networks.listed(engine, {"type": ["custom"]}, NEWEST) == [found]
    assert [one["Name"] for one in networks.listed(engine, {"name": ["bridge"]}, NEWEST)] == ["bridge"]


def test_one_that_goes_while_all_are_listed_is_left_out(engine, monkeypatch):
    whole = _networks.inspect

    def gone(engine, word):
        found = whole(engine, word)
        if found["Name"] == "host":
            raise NoSuchNetwork("no such network: host")
        return found

    monkeypatch.setattr(_networks, "inspect", gone)
    assert {one["Name"] for one in networks.listed(engine, {}, Version(1, 50))} == {"bridge", "none"}


def test_what_is_reserved_is_given_to_nobody(engine):
    pool = {"Subnet": "10.5.0.0/29", "AuxiliaryAddresses": {"a": "10.5.0.2"}}
    make(engine, IPAM={"Config": [pool]}, Options={"com.docker.network.driver.mtu": "1400"})
    found = networks.inspect(engine, "net")
    assert found["IPAM"]["Config"] == [{**pool, "Gateway": "10.5.0.1"}]
    assert found["Options"] == {"com.docker.network.driver.mtu": "1400"}
    with pytest.raises(UserError, match="no subnet of the network holds it"):
        make(
            engine, Name="other", IPAM={"Config": [{"Subnet": "10.6.0.0/24", "AuxiliaryAddresses": {"a": "10.7.0.1"}}]}
        )


def test_scopes_and_predefined_ones(engine):
    make(engine)
    assert networks.inspect(engine, "net", "local")["Name"] == "net"
    with pytest.raises(Missing, match="network net not found"):
        networks.inspect(engine, "net", "swarm")
    ident = networks.inspect(engine, "host")["Id"]
    for word in ("host", ident, ident[:12], "default"):
        with pytest.raises(networks_asked.Refused, match="pre-defined"):
            networks.remove(engine, word)
    assert networks.inspect(engine, "default")["Name"] == "bridge"
    assert (networks.shown("default"), networks.known("bridge"), networks.known("x")) == ("bridge", "default", "x")
    assert networks.prune(engine, {}) == {"NetworksDeleted": ["net"]}
    assert networks.prune(engine, {}) == {"NetworksDeleted": None}
