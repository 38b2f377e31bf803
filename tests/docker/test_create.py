"""Bodies of POST /containers/create: every field of Docker's is honoured, told again, or refused by its name."""

import json
import os
from typing import Any

import pytest
from hull.commands import _details_config, _details_host
from hull.docker import create
from hull.docker.versions import Version
from hull.errors import Conflict, Missing, UserError
from hull.model import Endpoint, Health, Image, Limits, Mount, Port, Spec, Ulimit
from hull.runtime import plan
from hull.state.containers import Container
from hull.state.status import NOBODY

IMAGE = Image("sha256:" + "a" * 64, "busybox", ("/l/one",), command=("sh",))
DOCS = os.path.join(os.path.dirname(__file__), "../../docs/API.md")

# A value of each field, and what becomes of it.
CONFIG: dict[str, tuple[Any, str]] = {
    "AttachStdin": (True, "told"), "AttachStdout": (True, "told"), "AttachStderr": (True, "told"),
    "StdinOnce": (True, "told"), "ArgsEscaped": (True, "told"), "OnBuild": (["RUN x"], "told"),
    "Shell": (["/bin/ash", "-c"], "told"), "Volumes": ({"/v": {}}, "honoured"),
    "MacAddress": ("02:42:ac:11:00:0a", "honoured"),
    "NetworkDisabled": (True, "honoured"), "Hostname": ("h", "honoured"), "Domainname": ("d", "honoured"),
    "User": ("1:2", "honoured"), "ExposedPorts": ({"80/tcp": {}}, "honoured"), "Tty": (True, "honoured"),
    "OpenStdin": (True, "honoured"), "Env": (["A=b"], "honoured"), "Cmd": (["true"], "honoured"),
    "Healthcheck": ({"Test": ["NONE"]}, "honoured"), "WorkingDir": ("/w", "honoured"),
    "Entrypoint": (["e"], "honoured"),
    "Labels": ({"a": "b"}, "honoured"), "StopSignal": ("SIGINT", "honoured"), "StopTimeout": (3, "honoured"),
}  # fmt: skip
HOST: dict[str, tuple[Any, str]] = {
    "Binds": (["/srv:/t:ro"], "honoured"), "Mounts": ([{"Type": "volume", "Target": "/m"}], "honoured"),
    "Tmpfs": ({"/t": "size=1m"}, "honoured"), "VolumesFrom": (["x:ro"], "honoured"),
    "PortBindings": ({"80/tcp": [{"HostPort": "8080"}]}, "honoured"), "PublishAllPorts": (True, "honoured"),
    "Links": (["db:d"], "honoured"), "RestartPolicy": ({"Name": "always"}, "honoured"),
    "AutoRemove": (True, "honoured"),
    "NetworkMode": ("none", "honoured"), "CapAdd": (["NET_ADMIN"], "honoured"), "CapDrop": (["ALL"], "honoured"),
    "Dns": (["192.0.2.1"], "honoured"), "DnsOptions": (["ndots:1"], "honoured"), "DnsSearch": (["s"], "honoured"),
    "ExtraHosts": (["h:192.0.2.1"], "honoured"), "GroupAdd": (["5"], "honoured"), "IpcMode": ("host", "honoured"),
    "PidMode": ("host", "honoured"), "UTSMode": ("host", "honoured"), "UsernsMode": ("keep-id", "honoured"),
    "Privileged": (True, "honoured"), "ReadonlyRootfs": (True, "honoured"), "Init": (True, "honoured"),
    "SecurityOpt": (["no-new-privileges"], "honoured"), "MaskedPaths": (["/proc/x"], "honoured"),
    "ReadonlyPaths": ([], "honoured"), "ShmSize": (1 << 20, "honoured"), "Sysctls": ({"net.a": "1"}, "honoured"),
    "Ulimits": ([{"Name": "nofile", "Soft": 1, "Hard": 2}], "honoured"), "LogConfig": ({"Type": "none"}, "honoured"),
    "Memory": (64 << 20, "honoured"), "MemoryReservation": (1 << 20, "honoured"), "CpuShares": (512, "honoured"),
    "CpuQuota": (50_000, "honoured"), "NanoCpus": (500_000_000, "honoured"), "CpusetCpus": ("0", "honoured"),
    "BlkioWeight": (100, "honoured"), "PidsLimit": (10, "honoured"), "OomScoreAdj": (5, "honoured"),
    "BlkioDeviceReadBps": ([{"Path": "/dev/sda", "Rate": 1}], "honoured"),
    "BlkioDeviceWriteBps": ([{"Path": "/dev/sda", "Rate": 1}], "honoured"),
    "BlkioDeviceReadIOps": ([{"Path": "/dev/sda", "Rate": 1}], "honoured"),
    "BlkioDeviceWriteIOps": ([{"Path": "/dev/sda", "Rate": 1}], "honoured"),
    "Devices": ([{"PathOnHost": "/dev/fuse", "PathInContainer": "/dev/fuse"}], "honoured"),
    "ContainerIDFile": ("/x", "told"), "ConsoleSize": ([24, 80], "told"), "Isolation": ("default", "told"),
    "Runtime": ("runc", "told"), "CgroupnsMode": ("private", "told"), "VolumeDriver": ("local", "told"),
    "DeviceCgroupRules": (["c 7:128 rwm"], "told"), "Annotations": ({"a": "b"}, "told"),
    "Cgroup": ("container:x", "refused"), "CgroupParent": ("/x", "refused"), "CpuCount": (1, "refused"),
    "CpuPercent": (1, "refused"), "DeviceRequests": ([{"Driver": "nvidia"}], "refused"),
    "IOMaximumBandwidth": (1, "refused"), "IOMaximumIOps": (1, "refused"), "StorageOpt": ({"size": "1G"}, "refused"),
    "MemorySwappiness": (40, "refused"), "OomKillDisable": (True, "refused"), "KernelMemory": (1, "refused"),
    "KernelMemoryTCP": (1, "refused"), "CpuRealtimePeriod": (1, "refused"), "CpuRealtimeRuntime": (1, "refused"),
    "BlkioWeightDevice": ([{"Path": "/dev/sda", "Weight": 1}], "refused"), "CpusetMems": ("0", "refused"),
}  # fmt: skip
TOGETHER = {"MemorySwap": ("Memory", 64 << 20, 128 << 20), "CpuPeriod": ("CpuQuota", 50_000, 50_000)}


def spec(body: dict[str, Any] | None = None, host: dict[str, Any] | None = None, **words: Any) -> Spec:
    return create.read({"Image": "busybox", **(body or {}), "HostConfig": host or {}}, **words).spec


def row(asked: Spec) -> Container:
    return Container("c" * 64, "name", IMAGE.id, asked, IMAGE, NOBODY, 1.0, asked.remove)


@pytest.mark.parametrize(("part", "field"), [*(("Config", k) for k in CONFIG), *(("HostConfig", k) for k in HOST)])
def test_every_field(part, field):
    value, fate = (CONFIG if part == "Config" else HOST)[field]
    told = _details_config if part == "Config" else _details_host

    def ask() -> Spec:
        return spec({field: value}) if part == "Config" else spec(host={field: value})

    if fate == "refused":
        with pytest.raises(UserError, match=rf"HostConfig\.{field}\b"):
            ask()
        return
    if fate == "honoured":
        assert ask()._replace(said="") != spec()
    else:
        assert ask()._replace(said="") == spec()
        assert told.document(row(ask()))[field] == value


@pytest.mark.parametrize("field", TOGETHER)
def test_fields_that_need_another(field):
    other, beside, value = TOGETHER[field]
    assert spec(host={other: beside, field: value}).limits != spec(host={other: beside}).limits


@pytest.mark.parametrize("fate", ["honoured", "told", "refused"])
def test_the_page_lists_every_field(fate):
    with open(DOCS, encoding="utf-8") as file:
        (line,) = [text for text in file if text.startswith(f"| {fate} |")]
    fields = {key for fields in (CONFIG, HOST) for key, (_, other) in fields.items() if other == fate}
    fields |= set(TOGETHER) if fate == "honoured" else set()
    assert {word.strip("`,;") for word in line.split() if word.startswith("`")} == fields


def test_a_field_that_asks_nothing_is_no_request():
    zeros = {
        key: {} if isinstance(v, dict) else [] if isinstance(v, list) else type(v)() for key, (v, _) in HOST.items()
    }
    zeros |= {"MemorySwappiness": -1, "ReadonlyPaths": None, "MaskedPaths": None}
    assert spec(host=zeros) == spec()
    assert spec(host=dict.fromkeys(HOST)) == spec()


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({}, ("e", "c")),
        ({"Cmd": ["x", ""]}, ("e", "x", "")),
        ({"Cmd": "x y"}, ("e", "x y")),
        ({"Entrypoint": ["f"]}, ("f",)),
        ({"Entrypoint": ["f", ""], "Cmd": ["x"]}, ("f", "", "x")),
        ({"Entrypoint": [], "Cmd": ["x"]}, ("x",)),
        ({"Entrypoint": []}, ("c",)),
        ({"Entrypoint": [""], "Cmd": ["x"]}, ("x",)),
        ({"Entrypoint": None, "Cmd": None}, ("e", "c")),
    ],
)
def test_what_runs(config, words):
    image = IMAGE._replace(entrypoint=("e",), command=("c",))
    assert plan.command(spec(config), image) == words


def test_an_entry_point_that_is_none_takes_the_images_command_away():
    with pytest.raises(UserError, match="names no command"):
        plan.command(spec({"Entrypoint": [""]}), IMAGE)


def test_a_variable_without_a_value_is_taken_away_and_told():
    asked = spec({"Env": ["GONE", "A=b\nc", "E="]})
    image = IMAGE._replace(env=("GONE=1", "KEPT=2"))
    env = plan.environment(asked, image, "")
    assert "GONE" not in env
    assert (env["A"], env["E"], env["KEPT"]) == ("b\nc", "", "2")
    assert _details_config.document(row(asked)._replace(config=image))["Env"] == ["GONE", "KEPT=2", "A=b\nc", "E="]


MOUNTS = [
    ({"Type": "bind", "Source": "/srv", "Target": "/t"}, Mount("bind", "/srv", "/t", options=("rec",))),
    ({"Type": "bind", "Source": "/srv", "Target": "/t", "ReadOnly": True, "BindOptions": {"Propagation": "rslave"}},
     Mount("bind", "/srv", "/t", True, ("rec", "rslave"))),
    ({"Type": "bind", "Source": "/no/such", "Target": "/t", "BindOptions":
      {"CreateMountpoint": True, "NonRecursive": True}},
     Mount("bind", "/no/such", "/t", options=("create",))),
    ({"Type": "volume", "Source": "v", "Target": "/t", "VolumeOptions": {"NoCopy": True, "Subpath": "a,b",
      "Labels": {"k": "v,w"}, "DriverConfig": {"Name": "local", "Options": {"type": "none"}}}},
     Mount("volume", "v", "/t", options=("nocopy", "subpath=a,b", "label:k=v,w", "opt:type=none"))),
    ({"Type": "tmpfs", "Target": "/t", "TmpfsOptions": {"SizeBytes": 1024, "Mode": 0o700, "Options": [["noexec"]]}},
     Mount("tmpfs", "", "/t", options=("size=1024", "mode=700", "noexec"))),
    ({"Type": "image", "Source": "i", "Target": "/t"}, Mount("image", "i", "/t", True)),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "mount"), MOUNTS)
def test_mounts(asked, mount):
    assert spec(host={"Mounts": [asked]}).mounts == (mount,)


def test_an_anonymous_volume_gives_way():
    found = spec({"Volumes": {"/srv/": {}, "/own": {}}}, {"Binds": ["data:/srv"]}).mounts
    assert found == (Mount("volume", "data", "/srv"), Mount("volume", "", "/own"))


def test_ports():
    asked = {
        "80/tcp": [{"HostIp": "::1", "HostPort": "8080"}, {"HostPort": "9000-9009"}],
        "53/udp": [{}],
        "1/tcp": None,
    }
    assert spec(host={"PortBindings": asked}).ports == (
        Port(80, 8080, "tcp", "::1"),
        Port(80, 9000, "tcp", "", 9009),
        Port(53, 0, "udp"),
    )


def test_networks():
    ends = {
        "back": {"Aliases": ["b"], "IPAMConfig": {"IPv4Address": "10.1.2.3"}, "DriverOpts": {"k": "v"}},
        "front": {},
    }
    asked = spec(
        {"NetworkingConfig": {"EndpointsConfig": ends}, "MacAddress": "02:00:00:00:00:01"}, {"NetworkMode": "front"}
    )
    assert asked.network == "front"
    assert asked.networks == (
        Endpoint("front", mac="02:00:00:00:00:01"),
        Endpoint("back", ("b",), "10.1.2.3", options=("k=v",)),
    )
    with pytest.raises(UserError, match="cannot be created with multiple network endpoints: back, front"):
        spec({"NetworkingConfig": {"EndpointsConfig": ends}}, version=Version(1, 43))
    assert spec(host={"NetworkMode": "bridge"}).network == "default"
    assert spec(host={"NetworkMode": "net", "Links": ["/db:d"]}).networks == (Endpoint("net", links=("db:d",)),)


def test_limits():
    host = {"Memory": 64 << 20, "MemorySwap": -1, "CpuQuota": 25_000, "CpuPeriod": 50_000, "PidsLimit": -1}
    assert spec(host=host).limits == Limits(64 << 20, -1, 0.5, -1)
    document = _details_host.document(row(spec(host=host)))
    assert (document["CpuQuota"], document["CpuPeriod"], document["NanoCpus"]) == (25_000, 50_000, 0)
    updated = row(spec(host=host)._replace(limits=Limits(cpus=2.0)))
    assert [_details_host.document(updated)[key] for key in ("CpuQuota", "NanoCpus")] == [0, 2_000_000_000]


def test_limits_that_cannot_be_had_are_warned_of():
    host = {"Memory": 64 << 20, "CpuShares": 2, "PidsLimit": 5, "MemorySwappiness": 40, "OomScoreAdj": 1}
    asked = create.read({"Image": "i", "HostConfig": host}, lacking=frozenset(("memory", "cpu")))
    assert asked.spec.limits == Limits(pids=5, oom_score=1)
    assert [words.split()[5] for words in asked.warnings[1:]] == ["memory", "CPU"]
    assert asked.warnings[0].startswith("HostConfig.MemorySwappiness discarded")
    kept = create.read({"Image": "i", "HostConfig": {"Memory": 64 << 20}}, lacking=frozenset())
    assert (kept.spec.limits, kept.warnings) == (Limits(64 << 20), [])


def test_health():
    asked = {"Test": ["CMD-SHELL", "true"], "Interval": 2_500_000_000, "Retries": 3, "StartPeriod": 1_000_000}
    assert spec({"Healthcheck": asked}).health == Health(("CMD-SHELL", "true"), 2.5, 0.0, 3, 0.001)
    assert spec({"Healthcheck": {}}).health == Health()
    assert spec({"Healthcheck": None}).health is None


def test_ulimits_and_devices():
    asked = spec(
        host={"Ulimits": [{"Name": "RLIMIT_NOFILE", "Soft": 1, "Hard": -1}], "Devices": [{"PathOnHost": "/dev/x"}]}
    )
    assert asked.ulimits == (Ulimit("nofile", 1, -1),)
    assert asked.devices == ("/dev/x:/dev/x",)


REFUSED = [
    ({}, {"Binds": ["./x:/t"]}, "includes invalid characters for a local volume name"),
    ({}, {"Binds": ["/x:t"]}, "must be absolute"),
    ({}, {"Binds": ["/x:/t"], "Tmpfs": {"/t": ""}}, "Duplicate mount point: /t"),
    ({}, {"Mounts": [{"Type": "bind", "Source": "/nonexistent/x", "Target": "/t"}]},
     "bind source path does not exist: /nonexistent/x"),
    ({}, {"Mounts": [{"Type": "npipe", "Target": "/t"}]}, 'mount type unknown: "npipe"'),
    ({}, {"Mounts": [{"Type": "volume"}]}, "field Target must not be empty"),
    ({}, {"Mounts": [{"Type": "volume", "Target": "/t", "VolumeOptions": {"Subpath": "../x"}}]},
     "must be a relative path within the volume"),
    ({}, {"IpcMode": "x"}, "invalid IPC mode: x"),
    ({}, {"PidMode": "container"}, "invalid PID mode: container"),
    ({}, {"Annotations": {"": "x"}}, "the empty string is not permitted as an annotation key"),
    ({}, {"Tmpfs": {"x": ""}}, "mount path must be absolute"),
    ({}, {"Tmpfs": {"//": ""}}, "destination can't be '/'"),
    ({}, {"Mounts": [{"Type": "tmpfs", "Target": "/t", "BindOptions": {"NonRecursive": True}}]},
     "BindOptions must not"),
    ({"WorkingDir": "x"}, {}, "needs to be an absolute path"),
    ({"Env": ["=x"]}, {}, "invalid environment variable: =x"),
    ({"Env": "A\0B"}, {}, "invalid Env"),
    ({"Labels": {"a=b": "c"}}, {}, "invalid label 'a=b'"),
    ({"StopSignal": "NOPE"}, {}, "NOPE"),
    ({"ExposedPorts": {"80/x": {}}}, {}, "'x'"),
    ({"Healthcheck": {"Interval": 1}}, {}, "cannot be less than 1ms"),
    ({"Tty": "yes"}, {}, "invalid Tty: true or false is wanted"),
    ({}, {"Memory": 1}, "Minimum memory limit allowed is 6MB"),
    ({}, {"MemorySwap": 1 << 30}, "always set the Memory limit"),
    ({}, {"NanoCpus": 1, "CpuQuota": 1000}, "cannot both be set"),
    ({}, {"PidsLimit": 1.5}, "invalid HostConfig.PidsLimit"),
    ({}, {"RestartPolicy": {"Name": "x"}}, "unknown policy 'x'"),
    ({}, {"RestartPolicy": {"Name": "always", "MaximumRetryCount": 2}}, "can only be used with 'on-failure'"),
    ({}, {"AutoRemove": True, "RestartPolicy": {"Name": "always"}}, "can't create 'AutoRemove' container with restart"),
    ({}, {"LogConfig": {"Type": "asdf"}}, "logger: no log driver named 'asdf' is registered"),
    ({}, {"PidMode": "container:"}, "invalid PID mode: container:"),
    ({}, {"UTSMode": "container:x"}, "invalid UTS mode: container:x"),
    ({}, {"Runtime": "kata"}, "HostConfig.Runtime to kata"),
    ({"Hostname": "h"}, {"UTSMode": "host"}, "conflicting options: hostname and the UTS mode"),
    ({"MacAddress": "x"}, {}, "cannot use the MAC address x"),
    ({}, {"ShmSize": -1}, "SHM size can not be less than 0"),
    ({}, {"Ulimits": [{"Name": "nofile", "Soft": 3, "Hard": 2}]}, "ulimit soft limit must be less than or equal"),
    ({}, {"Mounts": [{"Type": "tmpfs", "Target": "/t", "TmpfsOptions": {"Options": 5}}]}, "a list of lists is wanted"),
    ({}, {"BlkioDeviceReadBps": [{"Path": "/dev/a b", "Rate": 1}]}, "an absolute path without spaces is wanted"),
    ({}, {"BlkioDeviceReadBps": [{"Rate": 1}]}, "an absolute path without spaces is wanted"),
    ({}, {"BlkioDeviceReadBps": [{"Path": "/dev/a", "Rate": -1}]}, "no number below 0 is wanted"),
    ({}, {"GroupAdd": [False]}, "a list of groups is wanted"),
    ({}, {"ConsoleSize": "ab"}, "invalid ConsoleSize"),
    ({}, {"NetworkMode": "n", "Links": ["db:d\n192.0.2.1 x"]}, "cannot use the alias"),
    ({"NetworkingConfig": {"EndpointsConfig": {"n": {"Links": ["db:d e"]}}}}, {}, "cannot use the alias"),
    ({"NetworkingConfig": {"EndpointsConfig": {"n": {"IPAMConfig": {"LinkLocalIPs": ["x"]}}}}}, {}, "link-local"),
    ({"Image": ""}, {}, "no image was specified"),
]  # fmt: skip


@pytest.mark.parametrize(("config", "host", "words"), REFUSED)
def test_refused(config, host, words):
    with pytest.raises(UserError) as caught:
        spec(config, host)
    assert words in caught.value.message


def test_kinds_of_refusal():
    with pytest.raises(Missing, match="volume plugin"):
        spec(host={"Binds": ["v:/t"], "VolumeDriver": "foo"})
    with pytest.raises(Conflict, match="its network mode is none"):
        spec({"NetworkingConfig": {"EndpointsConfig": {"x": {}}}}, {"NetworkMode": "none"})
    assert json.loads(spec(host={"VolumeDriver": "foo"}).said) == {"HostConfig": {"VolumeDriver": "foo"}}
    with pytest.raises(UserError, match=r"Invalid container name \(\.x\)"):
        spec(name=".x")
    assert spec(name="/x").name == "x"
