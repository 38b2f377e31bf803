"""What `/version` and `/info` say."""

import os

import hull
import pytest
from hull.docker import host, system
from hull.docker.versions import Version


def test_versions_are_said_twice():
    found = system.version()
    assert found["Version"] == f"{system.LIKE}+hull{hull.__version__}" == found["Components"][0]["Version"]
    assert (found["ApiVersion"], found["MinAPIVersion"]) == ("1.50", "1.24")
    assert found["Components"][0]["Details"]["ApiVersion"] == "1.50"
    assert all(isinstance(value, str) for one in found["Components"] for value in one["Details"].values())
    assert found["Platform"] == {"Name": "hull"}


def test_an_empty_store_is_described(engine):
    found = system.info(engine, Version(1, 50), listeners=3)
    assert (found["Containers"], found["Images"], found["NEventsListener"]) == (0, 0, 3)
    assert found["DockerRootDir"] == engine.paths.data
    assert found["NCPU"] == os.cpu_count()
    assert found["MemTotal"] > 1 << 20
    assert found["Swarm"]["LocalNodeState"] == "inactive"
    assert ("name=userns" if os.geteuid() == 0 else "name=rootless") in found["SecurityOptions"]
    assert found["ID"] == system.info(engine, Version(1, 50))["ID"]
    assert "BridgeNfIptables" not in found
    assert "Expected" not in found["RuncCommit"]
    older = system.info(engine, Version(1, 48))
    assert older["BridgeNfIptables"] is False
    assert all(
        older[key]["Expected"] == older[key]["ID"] != "" for key in ("ContainerdCommit", "RuncCommit", "InitCommit")
    )
    oldest = system.info(engine, Version(1, 24))
    assert oldest["ExecutionDriver"] == "<not supported>"
    assert "seccomp" in oldest["SecurityOptions"]


def test_registries_are_those_of_the_settings(engine):
    os.makedirs(engine.paths.config, exist_ok=True)
    with open(f"{engine.paths.config}/config.toml", "w", encoding="utf-8") as file:
        file.write('[registry."docker.io"]\nmirror = "http://a:1"\n[registry."b:2"]\ninsecure = true\n')
    found = system.info(engine, Version(1, 50))["RegistryConfig"]
    assert found["Mirrors"] == ["http://a:1"]
    assert found["IndexConfigs"]["b:2"] == {"Name": "b:2", "Mirrors": [], "Secure": False, "Official": False}
    assert found["IndexConfigs"]["docker.io"]["Official"] is True


@pytest.mark.parametrize(
    ("controllers", "first", "count"),
    [({"cpu", "cpuset", "io", "memory", "pids"}, "", 0), ({"cpu", "memory"}, "WARNING: No cpuset support", 8),
     (set(), "WARNING: No memory limit support", 13)],
)  # fmt: skip
def test_a_limit_that_cannot_be_had_is_a_warning(controllers, first, count):
    found = host.warnings(controllers)
    assert len(found) == count
    assert found[:1] == ([first] if first else [])
