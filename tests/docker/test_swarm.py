"""A swarm of one node: what is said of it, and its networks."""

import pytest
from hull.commands import _networks
from hull.docker import networks, networks_asked, swarm, swarm_nodes, system
from hull.docker.versions import Version
from hull.engine import Engine
from hull.errors import Conflict, Missing, Unsupported, UserError

NEWEST = Version(1, 50)
INIT = {"ListenAddr": "0.0.0.0:2377", "AdvertiseAddr": "192.0.2.7"}


def make(engine, name, driver="overlay", **body):
    return networks.create(engine, {"Name": name, "Driver": driver, **body}, NEWEST)["Id"]


def names(engine, **filters):
    return [one["Name"] for one in networks.listed(engine, filters, NEWEST)]


def test_it_is_the_stores_and_outlives_its_server(engine):
    assert (swarm.info(engine)["LocalNodeState"], swarm.row(engine).active()) == ("inactive", False)
    ident = swarm.begin(engine, {**INIT, "Spec": {"Raft": {"SnapshotInterval": 5, "KeepOldSnapshots": 0}}})
    again = Engine(engine.paths)
    said = system.info(again, NEWEST)["Swarm"]
    assert (said["NodeID"], said["LocalNodeState"], said["Nodes"], said["Managers"]) == (ident, "active", 1, 1)
    assert (said["NodeAddr"], said["RemoteManagers"]) == ("192.0.2.7", [{"NodeID": ident, "Addr": "192.0.2.7:2377"}])
    found = swarm.inspect(again)
    again.close()
    assert (found["Spec"]["Raft"]["SnapshotInterval"], found["Spec"]["Raft"]["ElectionTick"]) == (5, 10)
    assert (found["Spec"]["Orchestration"], found["DefaultAddrPool"], found["SubnetSize"]) == (
        {"TaskHistoryRetentionLimit": 5},
        None,
        24,
    )
    with pytest.raises(swarm.Unavailable, match="already part of a swarm"):
        swarm.begin(engine, INIT)
    assert swarm.begin(engine, {**INIT, "ForceNewCluster": True}) == ident
    with pytest.raises(swarm.Unavailable, match="Removing the last manager"):
        swarm.leave(engine, force=False)
    swarm.leave(engine, force=True)
    assert names(engine) == ["bridge", "host", "none"]
    for gone in (lambda: swarm.inspect(engine), lambda: swarm.leave(engine, force=True)):
        with pytest.raises(swarm.Unavailable):
            gone()


def test_who_changes_it_has_read_it(engine):
    ident = swarm.begin(engine, INIT)
    before, node = swarm.inspect(engine), swarm_nodes.inspect(engine, ident[:7])
    words = {"Labels": {"a": "b"}, "Orchestration": {"TaskHistoryRetentionLimit": 0}}
    for version in (before["Version"]["Index"] - 1, before["Version"]["Index"] + 1):
        with pytest.raises(swarm.Stale):
            swarm.update(engine, words, version, bool)
    swarm.update(engine, words, before["Version"]["Index"], {"rotateWorkerToken": True}.get)
    after = swarm.inspect(engine)
    assert after["JoinTokens"]["Manager"] == before["JoinTokens"]["Manager"]
    assert after["JoinTokens"]["Worker"] != before["JoinTokens"]["Worker"]
    assert after["Version"]["Index"] > before["Version"]["Index"]
    assert (after["Spec"]["Labels"], after["Spec"]["Orchestration"]) == (words["Labels"], words["Orchestration"])
    spec = {**node["Spec"], "Labels": {"k": "v"}, "Availability": "drain"}
    swarm_nodes.update(engine, ident, spec, node["Version"]["Index"])
    assert swarm_nodes.inspect(engine, ident)["Spec"] == spec
    with pytest.raises(swarm.Stale):
        swarm_nodes.update(engine, ident, spec, node["Version"]["Index"])
    later = swarm_nodes.inspect(engine, ident)["Version"]["Index"]
    for wrong in ({"Role": "worker"}, {"Role": "odd"}, {"Availability": "odd"}):
        with pytest.raises(UserError, match=r"last manager|invalid Role: \"odd\"|invalid Availability: \"odd\""):
            swarm_nodes.update(engine, ident, {**spec, **wrong}, later)


def test_the_node_is_found_or_missed(engine):
    ident = swarm.begin(engine, INIT)
    host = swarm_nodes.inspect(engine, ident)["Description"]["Hostname"]
    assert swarm_nodes.inspect(engine, host)["ID"] == ident
    some = [{}, {"role": ["worker", "manager"]}, {"id": [ident[:3]], "name": [host]}, {"membership": ["accepted"]}]
    assert all(swarm_nodes.listed(engine, asked) for asked in some)
    assert not any(swarm_nodes.listed(engine, {key: [word]}) for key, word in (("role", "worker"), ("node.label", "a")))
    for asked in ({"odd": ["1"]}, {"role": ["odd"]}):
        with pytest.raises(UserError, match=r"[Ii]nvalid"):
            swarm_nodes.listed(engine, asked)
    for word in ("foobar", ""):
        with pytest.raises(Missing, match=f"node {word} not found"):
            swarm_nodes.inspect(engine, word)
    with pytest.raises(UserError, match="must be demoted"):
        swarm_nodes.remove(engine, ident)


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        ({"ListenAddr": ""}, UserError, "invalid empty address"),
        ({"AdvertiseAddr": "no.such"}, UserError, "non-zero IP address or network interface"),
        ({"AdvertiseAddr": "0.0.0.0"}, UserError, "non-zero IP address"),
        ({"Spec": {"Name": "x"}}, UserError, 'must be named "default"'),
        ({"Spec": {"Raft": {"ElectionTick": "x"}}}, UserError, "invalid Spec.Raft.ElectionTick"),
        ({"Spec": {"CAConfig": {"SigningCACert": "x"}}}, Unsupported, "cannot set CAConfig.SigningCACert"),
        ({"AutoLockManagers": True}, Unsupported, "cannot set AutoLockManagers"),
        ({"Spec": {"EncryptionConfig": {"AutoLockManagers": True}}}, Unsupported, "cannot set AutoLockManagers"),
        ({"Availability": "odd"}, UserError, 'invalid Availability: "odd"'),
        ({"DataPathPort": 5}, UserError, "not in valid range"),
        ({"SubnetSize": 30}, UserError, "subnet size is out of range: 30"),
        ({"DefaultAddrPool": ["x"]}, UserError, "invalid base pool x"),
        ({"DefaultAddrPool": ["10.1.0.0/24"], "SubnetSize": 16}, UserError, "Subnet size is too small"),
    ],
)
def test_what_one_node_cannot_be_told_is_said(engine, body, kind, words):
    with pytest.raises(kind) as caught:
        swarm.begin(engine, {**INIT, **body})
    assert words in caught.value.message
    assert not swarm.row(engine).active()
    assert names(engine, driver=["overlay"]) == []


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("", "127.0.0.1:2377"),
        ("lo", "127.0.0.1:2377"),
        ("192.0.2.1:99", "192.0.2.1:99"),
        ("2001:db8::1", "[2001:db8::1]:2377"),
    ],
)
def test_what_is_advertised_is_an_address_or_an_interfaces(engine, said, told):
    swarm.begin(engine, {**INIT, "AdvertiseAddr": said})
    assert swarm_nodes.listed(engine, {})[0]["ManagerStatus"]["Addr"] == told


def test_its_networks_have_its_scope_and_its_pools(engine):
    body = {"Name": "net", "Driver": "overlay", "Attachable": True}
    for absent in (body, {"Name": "net", "Scope": "swarm"}):
        with pytest.raises(networks_asked.Refused, match="swarm"):
            networks.create(engine, absent, NEWEST)
    swarm.begin(engine, {**INIT, "DefaultAddrPool": ["10.201.0.0/24"], "SubnetSize": 28})
    ident = networks.create(engine, body, NEWEST)["Id"]
    found = networks.inspect(engine, "net", "swarm")
    assert (found["Id"], found["Scope"], found["Driver"], found["Attachable"]) == (ident, "swarm", "overlay", True)
    assert found["IPAM"]["Config"][0]["Subnet"] == "10.201.0.16/28"  # ingress has the first
    make(engine, "here", "bridge")
    assert (names(engine, scope=["swarm"]), names(engine, driver=["overlay"])) == (["ingress", "net"],) * 2
    for word, scope in (("net", "local"), ("here", "swarm"), ("here", "global")):
        with pytest.raises(Missing, match=f"network {word} not found"):
            networks.inspect(engine, word, scope)
    assert networks.prune(engine, {})["NetworksDeleted"] == ["here", "net"]  # never ingress


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        ({"Options": {"encrypted": ""}}, Unsupported, "cannot set the option encrypted"),
        ({"Scope": "local"}, networks_asked.Refused, "cannot downgrade network scope"),
        ({"Scope": "global", "Driver": "bridge"}, Unsupported, "the scope global"),
        ({"Ingress": True, "Driver": "bridge"}, networks_asked.Refused, "can only be global scope"),
        ({"Ingress": True, "Attachable": True}, UserError, "cannot be attachable"),
        ({"Ingress": True}, Conflict, "is already present"),
    ],
)
def test_a_network_that_cannot_be_is_refused(engine, body, kind, words):
    swarm.begin(engine, INIT)
    with pytest.raises(kind) as caught:
        networks.create(engine, {"Name": "net", "Driver": "overlay", **body}, NEWEST)
    assert words in caught.value.message
    networks.remove(engine, "ingress")
    make(engine, "own", Ingress=True)
    assert networks.inspect(engine, "own")["Ingress"]
    assert _networks.inspect(engine, "own")["Driver"] == "overlay"
