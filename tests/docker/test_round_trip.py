"""What flags ask, told by inspect and posted again, asks the same."""

from typing import Any

from hull.commands import _details_config, _details_host, _endpoints, _flags
from hull.docker import create
from hull.model import Image, Spec
from hull.runtime import detached, plan
from hull.state.containers import Container
from hull.state.status import NOBODY
from hypothesis import given, settings
from hypothesis import strategies as st

IMAGE = Image("sha256:" + "a" * 64, "busybox", ("/l/one",), command=("sh",))
IDENT = "c" * 64

word = st.text("abcxyz019", min_size=1, max_size=6)
path = st.lists(word, min_size=1, max_size=3).map(lambda parts: "/" + "/".join(parts))
text = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=9)
size = st.integers(6 << 20, 1 << 40).map(str)
mounts = st.one_of(
    st.builds("{}:{}{}".format, path, path, st.sampled_from(["", ":ro", ":rslave,nosuid", ":O", ":z"])),
    st.builds("{}:{}{}".format, word, path, st.sampled_from(["", ":ro", ":nocopy", ":U"])),
)
spelt = st.one_of(
    st.builds("type=bind,source={},target={}{}".format, st.sampled_from(["/", "/tmp"]), path,
              st.sampled_from(["", ",readonly", ",bind-nonrecursive", ",readonly,bind-recursive=writable"])),
    st.builds("type=volume,source={},target={}{}".format, word, path,
              st.sampled_from(["", ",volume-subpath=a/b", ",volume-label=k=v,volume-opt=type=none,volume-nocopy"])),
    st.builds("type=image,source={},target={}".format, word, path),
)  # fmt: skip
networks = st.lists(
    st.builds("{}{}".format, word, st.sampled_from(["", ":alias=x,alias=y", ":ip=10.1.2.3", ":mac=02:00:00:00:00:01"])),
    min_size=1, max_size=2, unique_by=lambda found: found.partition(":")[0])  # fmt: skip
flags = st.fixed_dictionaries({}, optional={
    "interactive": st.booleans(), "tty": st.booleans(),
    "env": st.lists(st.builds("{}={}".format, word, text), max_size=3),
    "workdir": path, "user": st.sampled_from(["1", "1:2", "www"]), "group_add": st.lists(word, max_size=2),
    "volume": st.lists(mounts, max_size=2), "mount": st.lists(spelt, max_size=2),
    "tmpfs": st.lists(st.builds("{}{}".format, path, st.sampled_from(["", ":size=1m,mode=700", ":ro"])), max_size=1),
    "read_only": st.booleans(), "publish_all": st.booleans(), "hostname": word,
    "entrypoint": st.one_of(word, st.just("")),
    "network": st.one_of(networks, st.sampled_from(["default", "none", "host", "pasta"]).map(lambda one: [one])),
    "publish": st.lists(st.sampled_from(["80", "8080:80", "[::1]:53:53/udp", "9000-9009:81", "127.0.0.1::82"]),
                        max_size=3),
    "add_host": st.just(["h:192.0.2.1"]), "dns": st.just(["192.0.2.1"]), "dns_search": st.just(["s"]),
    "dns_option": st.just(["ndots:1"]), "egress": st.just(["none"]), "cap_add": st.just(["NET_ADMIN"]),
    "cap_drop": st.just(["ALL"]), "security_opt": st.lists(st.sampled_from(["no-new-privileges", "seccomp=unconfined",
    "systempaths=unconfined"]), unique=True, max_size=2), "device": st.just(["/dev/fuse:/dev/f"]),
    "ulimit": st.just(["nofile=1:2"]), "shm_size": size, "sysctl": st.just(["net.a=1"]), "memory": size,
    "cpus": st.sampled_from([0.5, 1.5, 2.0]), "cpuset_cpus": st.just("0-1"), "pids_limit": st.just(9),
    "memory_reservation": size, "oom_score_adj": st.just(7), "cpu_shares": st.just(9), "blkio_weight": st.just(10),
    "device_read_bps": st.just(["/dev/sda:1mb"]), "device_write_iops": st.just(["/dev/sda:5"]), "init": st.booleans(),
    "label": st.lists(st.builds("{}={}".format, word, text), max_size=2), "stop_signal": st.just("INT"),
    "stop_timeout": st.integers(0, 9), "userns": st.sampled_from(["keep-id", "single"]),
    "restart": st.sampled_from(["always", "on-failure:3"]), "log_driver": st.sampled_from(["json-file", "none"]),
    "health_cmd": text, "health_interval": st.just("2s"), "health_retries": st.just(2),
    "no_healthcheck": st.just(False),
    "pid": st.just("host"), "ipc": st.sampled_from(["host", "none"]), "uts": st.just(""),
    "mac_address": st.just("02:00:00:00:00:02"),
})  # fmt: skip


def asked(command: list[str], given: dict[str, Any]) -> Spec:
    words = {key: tuple(value) if isinstance(value, list) else value for key, value in given.items()}
    if words.get("network", ("",))[0] in ("none", "host"):
        words.pop("mac_address", None)
    return _flags.asked("busybox", tuple(command), **words)


def told(spec: Spec) -> dict[str, Any]:
    """Return what inspect tells of it, as a body."""
    row = Container(IDENT, "name", IMAGE.id, spec, IMAGE, NOBODY, 1.0, spec.remove)
    ends = {one.network: _endpoints.document(row, one) for one in spec.networks}
    body = _details_config.document(row)
    body |= {"MacAddress": spec.mac, "Hostname": spec.hostname or ""}
    return {**body, "HostConfig": _details_host.document(row), "NetworkingConfig": {"EndpointsConfig": ends}}


def plain(spec: Spec) -> dict[str, Any]:
    """Return what a start depends on: what was not said and what says the usual are one."""
    command = plan.command(spec, IMAGE)
    ports = {f"{port.container}/{port.protocol}" for port in spec.ports}
    paths = [word for word in spec.security if word != "systempaths=unconfined"]
    return {
        **spec.encode(), "command": command, "entrypoint": None, "said": "", "pull": "",
        "env": dict(word.partition("=")[::2] for word in spec.env),
        "user": spec.user or "", "workdir": spec.workdir or "/", "stop_signal": spec.stop_signal or "TERM",
        "exposed": ports | set(spec.exposed), "log_driver": spec.log_driver or "json-file",
        "health": detached.health(spec, IMAGE), "shm_size": spec.shm_size or plan.DEFAULT_SHM,
        "mounts": sorted(map(str, spec.mounts)), "labels": dict(word.partition("=")[::2] for word in spec.labels),
        "security": sorted(paths), "unmasked": len(paths) != len(spec.security), "ports": sorted(spec.ports),
    }  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(text.filter(bool), max_size=2), flags)
def test_told_and_asked_again(command: list[str], given: dict[str, Any]) -> None:
    targets = [entry for key in ("volume", "mount", "tmpfs") for entry in given.get(key, ())]
    if len(targets) > 1:
        given = {key: value for key, value in given.items() if key not in ("mount", "tmpfs")}
        given["volume"] = given.get("volume", [])[:1]
    if not command and given.get("entrypoint") == "":
        command = ["true"]
    spec = asked(command, given)
    assert plain(create.read(told(spec)).spec) == plain(spec)
