"""What run and create ask becomes Docker's document: every flag has its field, or is refused."""

import pathlib
import tarfile
from types import SimpleNamespace
from typing import Any

import pytest
from hull.commands import _flags
from hull.commands._line import read
from hull.commands._verb import load
from hull.commands.stats import INTERVAL
from hull.contexts.client import agreed, failed
from hull.errors import Conflict, HostError, Missing, Unsupported, UserError
from hull.model import Spec
from hull.output import Piece
from hull.remote import building, creating, living, looking, networks, pipe, pruning, running, streams, table, waiting
from hull.remote import since as since_
from hull.remote.there import Asked, filters, seconds


def document(*words: str) -> dict[str, object]:
    call = read(["create", *words])
    return creating.document(_flags.asked(*call.words, **call.flags))


def host(*words: str) -> dict[str, object]:
    made = document(*words, "i")["HostConfig"]
    assert isinstance(made, dict)
    return made


def test_the_program_and_its_surroundings() -> None:
    made = document("-it", "-e", "A=b c", "-w", "/w", "-u", "7:8", "-h", "name", "-l", "k=v=w", "--entrypoint", "sh",
                    "--stop-signal", "INT", "--stop-timeout", "3", "i:1", "-c", "true")  # fmt: skip
    assert made == {
        "Image": "i:1",
        "Cmd": ["-c", "true"], "Entrypoint": ["sh"], "Env": ["A=b c"], "WorkingDir": "/w", "User": "7:8",
        "Hostname": "name", "Labels": {"k": "v=w"}, "Tty": True, "OpenStdin": True, "StopSignal": "SIGINT",
        "StopTimeout": 3, "HostConfig": {"NetworkMode": "default"}, "NetworkingConfig": {"EndpointsConfig": {}},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("words", "field", "value"),
    [
        (("--rm",), "AutoRemove", True),
        (("--restart", "on-failure:3"), "RestartPolicy", {"Name": "on-failure", "MaximumRetryCount": 3}),
        (("--cap-add", "SYS_PTRACE"), "CapAdd", ["SYS_PTRACE"]),
        (("--cap-drop", "ALL"), "CapDrop", ["ALL"]),
        (("--read-only",), "ReadonlyRootfs", True),
        (("--dns", "1.1.1.1"), "Dns", ["1.1.1.1"]),
        (("--add-host", "a:1.2.3.4"), "ExtraHosts", ["a:1.2.3.4"]),
        (("--sysctl", "net.a=1"), "Sysctls", {"net.a": "1"}),
        (("--shm-size", "64m"), "ShmSize", 64 << 20),
        (("--ulimit", "nofile=1:2"), "Ulimits", [{"Name": "nofile", "Soft": 1, "Hard": 2}]),
        (("--memory", "64m"), "Memory", 64 << 20),
        (("--cpus", "1.5"), "NanoCpus", 1_500_000_000),
        (("--pids-limit", "9"), "PidsLimit", 9),
        (("--no-init",), "Init", False),
        (("--tmpfs", "/t:size=1m"), "Tmpfs", {"/t": "size=1m"}),
        (("-v", "data:/d:ro"), "Mounts", [{"Type": "volume", "Source": "data", "Target": "/d", "ReadOnly": True}]),
        (("--device", "/dev/fuse"), "Devices",
         [{"PathOnHost": "/dev/fuse", "PathInContainer": "/dev/fuse", "CgroupPermissions": "rwm"}]),
        (("--log-opt", "max-size=1m"), "LogConfig", {"Type": "json-file", "Config": {"max-size": "1m"}}),
        (("-p", "8080:80", "-p", "127.0.0.1::53/udp"), "PortBindings",
         {"80/tcp": [{"HostIp": "", "HostPort": "8080"}], "53/udp": [{"HostIp": "127.0.0.1", "HostPort": ""}]}),
        (("-P",), "PublishAllPorts", True),
        (("--network", "container:x"), "NetworkMode", "container:x"),
        (("--group-add", "5"), "GroupAdd", ["5"]),
        (("--volumes-from", "x:ro"), "VolumesFrom", ["x:ro"]),
        (("--pid", "host"), "PidMode", "host"),
        (("--ipc", "none"), "IpcMode", "none"),
        (("--uts", "host"), "UTSMode", "host"),
    ],
)  # fmt: skip
def test_every_flag_has_its_field(words: tuple[str, ...], field: str, value: object) -> None:
    assert host(*words)[field] == value


def test_networks_are_endpoints() -> None:
    made = document("--network", "one:alias=a,ip=10.0.0.2", "--network", "two", "i")
    assert made["NetworkingConfig"] == {
        "EndpointsConfig": {"one": {"Aliases": ["a"], "IPAMConfig": {"IPv4Address": "10.0.0.2"}}, "two": {}}
    }
    assert made["HostConfig"] == {"NetworkMode": "one"}


def test_a_hardware_address_goes_also_without_a_network_of_ones_own() -> None:
    assert document("--mac-address", "02:42:AC:11:00:02", "i")["MacAddress"] == "02:42:ac:11:00:02"


def test_every_field_of_a_spec_goes_or_is_refused() -> None:
    source = pathlib.Path(creating.__file__).read_text()
    of_the_api_alone = {"idle", "trial", "exposed", "domainname", "links", "privileged", "said"}
    named = {field for field in Spec._fields if f"spec.{field}" in source or field in creating.NO_WORD}
    assert set(Spec._fields) - named == of_the_api_alone


def network(*words: str) -> dict[str, object]:
    call = read(["network", *words])
    flags = {flag.name: call.flags.get(flag.name, flag.default) for flag in load("network").flags}
    return networks._created(Asked(action=call.words[0], names=call.words[1], **flags))


def test_what_a_network_is_asked_lies_in_its_own_subnet() -> None:
    made = network("create", "n", "--subnet", "10.9.0.0/24", "--subnet", "fd00:9::/64", "--gateway", "fd00:9::1",
                   "--ip-range", "10.9.0.128/25", "--aux-address", "a=10.9.0.7", "--ipv4=false",
                   "--attachable")  # fmt: skip
    assert made["IPAM"] == {
        "Driver": "default",
        "Config": [
            {"Subnet": "10.9.0.0/24", "IPRange": "10.9.0.128/25", "AuxiliaryAddresses": {"a": "10.9.0.7"}},
            {"Subnet": "fd00:9::/64", "Gateway": "fd00:9::1"},
        ],
    }
    assert (made["EnableIPv4"], made["Attachable"]) == (False, True)
    assert "EnableIPv4" not in network("create", "n")
    for words in (("--gateway", "10.9.0.1"), ("--subnet", "10.9.0.0/24", "--gateway", "10.8.0.1"),
                  ("--subnet", "10.9.0.0/24", "--gateway", "10.9.0.1", "--gateway", "10.9.0.2")):  # fmt: skip
        with pytest.raises(UserError, match="in no --subnet of its own"):
            network("create", "n", *words)


def test_a_path_is_the_callers_directorys(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (mount,) = host("-v", "./x:/y")["Mounts"]  # type: ignore[misc, attr-defined]
    assert (mount["Type"], mount["Source"]) == ("bind", f"{tmp_path}/x")
    (tmp_path / "s.json").write_text("{}")
    assert host("--security-opt", f"seccomp={tmp_path}/s.json")["SecurityOpt"] == ["seccomp={}"]
    with pytest.raises(UserError, match="cannot read the seccomp profile"):
        host("--security-opt", "seccomp=/nonexistent/s.json")


@pytest.mark.parametrize(
    "flag", ["--egress=none", "--checkpoint=auto", "--link-local", "--host-loopback", "--http-proxy"]
)
def test_what_has_no_word_is_refused_by_name(flag: str) -> None:
    with pytest.raises(Unsupported, match=flag.partition("=")[0]):
        document(flag, "i")


def test_a_context_that_cannot_be_read_is_told_by_its_path(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: str) -> None:
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr("hull.remote.building.os.scandir", refuse)
    made = pipe.Pipe()
    made.start(lambda out: building.pack(str(tmp_path), "Dockerfile", None, out)).join()
    with pytest.raises(UserError, match=f"cannot read {tmp_path}/: Permission denied"):
        list(made)


def old(version: str, *, podman: bool = False) -> Any:
    client = SimpleNamespace(version=lambda: version, podman=podman)
    return SimpleNamespace(client=client, context=SimpleNamespace(name="c"))


@pytest.mark.parametrize(
    ("words", "before", "since"),
    [
        (("--platform", "linux/amd64"), "1.40", "1.41"),
        (("--health-cmd", "true", "--health-start-interval", "1s"), "1.43", "1.44"),
        (("--network", "n:mac=02:42:ac:11:00:02"), "1.43", "1.44"),
        (("--mount", "type=volume,src=v,dst=/v,volume-subpath=a"), "1.44", "1.45"),
        (("--mount", "type=image,src=i,dst=/v"), "1.47", "1.48"),
    ],
)
def test_what_an_older_engine_would_not_see_is_refused(words: tuple[str, ...], before: str, since: str) -> None:
    call = read(["create", *words, "i"])
    spec = _flags.asked(*call.words, **call.flags)
    with pytest.raises(Unsupported, match=f"on c: it came with version {since} of the API, spoken is {before}"):
        since_.check_spec(old(before), spec)
    since_.check_spec(old(since), spec)


def test_a_signal_of_stop_is_never_another_one() -> None:
    for verb, signal in ((living.stop, {"signal_": "INT"}), (living.restart, {"signal": "INT"})):
        with pytest.raises(Unsupported, match="--signal"):
            verb(old("1.41"), Asked(containers=("x",), time=None, **signal))


def test_an_older_engine_is_never_asked_to_remove_volumes_with_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[Any] = []
    monkeypatch.setattr("hull.commands._asking.confirm", lambda *_: pytest.fail("asked before it is refused"))
    there = old("1.41")
    there.post = lambda path, **query: sent.append((path, query["filters"])) or {}
    flags: dict[str, Any] = {"filter": (), "force": False, "action": "prune", "names": ()}
    with pytest.raises(Unsupported, match="without a name alone"):
        networks.volume(there, Asked(all=False, **flags))
    with pytest.raises(Unsupported, match="without a name alone"):
        pruning.system(there, Asked(all=False, volumes=True, **flags))
    assert sent == []
    networks.volume(there, Asked(all=True, **{**flags, "force": True}))
    there.client.version = lambda: "1.42"
    networks.volume(there, Asked(all=True, **{**flags, "force": True}))
    networks.volume(there, Asked(all=False, **{**flags, "force": True}))
    assert [filters for _, filters in sent] == [None, {"all": ["true"]}, None]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("volume", "create", "a", "b"), "does not take 'b'"), (("volume", "ls", "a"), "does not take 'a'"),
        (("volume", "rm"), "needs a name"), (("network", "connect", "a"), "takes 2 names, 1 given"),
        (("network", "rm"), "needs a network"),
    ],
)  # fmt: skip
def test_names_are_counted_as_here(words: tuple[str, ...], told: str) -> None:
    call = read(list(words))
    there: Any = None  # nobody is asked
    with pytest.raises(UserError, match=told):
        getattr(networks, words[0])(there, Asked(action=call.words[0], names=call.words[1]))


def test_a_program_that_cannot_start_leaves_nothing_behind() -> None:
    closed: list[str] = []
    removed: list[str] = []

    def post(path: str, **_query: object) -> None:
        raise Missing("exec: no such file or directory")

    there = old("1.41", podman=True)
    there.client.call = lambda *_: SimpleNamespace(close=lambda: closed.append("attached"), status=200)
    there.post, there.delete = post, lambda path, **_query: removed.append(path)
    asked = Asked(detach_keys="", sig_proxy=False)
    made = running._attached(there, "f00", asked, tty=False, stdin=False, chosen=set(), ends=waiting.BY_US, begins=True)
    with pytest.raises(Missing) as raised:
        next(made)
    assert (raised.value.exit_code, closed, removed) == (127, ["attached"], ["/containers/f00"])


def test_use_is_asked_once_a_second_also_where_nothing_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("hull.remote.looking.time.sleep", slept.append)
    there: Any = SimpleNamespace(get=lambda _path, **_query: [])
    frames = looking._frames(there, Asked(containers=(), all=True, no_trunc=False))
    assert [next(frames), next(frames)] == [[], []]
    assert 0.5 < slept[0] <= INTERVAL


def test_a_pipe_that_is_closed_keeps_nobody() -> None:
    made = pipe.Pipe()
    writer = made.start(lambda out: [out.write(b"x") for _ in range(9 * pipe.AHEAD)])
    taken = iter(pipe.renamed(made, "n"))
    made.close()
    writer.join(10)
    assert not writer.is_alive()
    with pytest.raises(tarfile.ReadError):
        list(taken)


def test_every_flag_of_the_table_is_one_of_the_verbs() -> None:
    for name, row in table.TABLE.items():
        known = {flag.name for flag in load(name).flags}
        assert set(row.flags) <= known, name


def test_frames_are_taken_apart_wherever_they_are_cut() -> None:
    stream = b"".join(
        bytes([n, 0, 0, 0]) + len(d).to_bytes(4, "big") + d for n, d in ((1, b"out"), (2, b"err"), (1, b""))
    )
    for cut in range(1, len(stream)):
        parts = [stream[at : at + cut] for at in range(0, len(stream), cut)]
        assert list(streams.pieces(iter(parts), tty=False)) == [Piece(1, b"out"), Piece(2, b"err"), Piece(1, b"")]
    assert list(streams.pieces(iter([b"raw"]), tty=True)) == [Piece(1, b"raw")]


@pytest.mark.parametrize(("theirs", "agree"), [("1.24", "1.24"), ("1.41", "1.41"), ("1.50", "1.50"), ("1.99", "1.50")])
def test_the_older_of_both_newest_versions_is_spoken(theirs: str, agree: str) -> None:
    assert agreed("c", theirs) == agree


@pytest.mark.parametrize(("theirs", "told"), [("1.23", "older than 1.24"), ("", "no engine"), ("x.y", "no engine")])
def test_what_cannot_be_spoken_to_is_told(theirs: str, told: str) -> None:
    with pytest.raises((Unsupported, HostError), match=told):
        agreed("c", theirs)


def test_failures_keep_their_words_and_kinds() -> None:
    for status, kind in ((404, Missing), (409, Conflict), (501, Unsupported), (400, UserError), (500, HostError)):
        assert type(failed(status, b'{"message": "what (a) it is (the fix: hull ps)"}')) is kind
    error = failed(404, b'{"message": "what (a) it is (the fix: hull ps)"}')
    assert (error.message, error.hint) == ("what (a) it is", "hull ps")
    assert failed(404, b'{"message": "no (such) thing)"}').message == "no (such) thing)"
    assert failed(502, b"<html>").message == "<html>"
    assert failed(502, b"").message == "the engine answered 502"


def test_times_and_filters_are_the_apis() -> None:
    assert seconds("1970-01-01T00:01:00.5Z") == 60.5
    assert seconds("1970-01-01T01:01:00.123456789+01:00") == pytest.approx(60.123456789)
    assert seconds("0001-01-01T00:00:00Z") == 0 == seconds("")
    assert filters(("label=a=b", "label=c", "status=x"), all="true") == {
        "all": ["true"], "label": ["a=b", "c"], "status": ["x"],
    }  # fmt: skip
    with pytest.raises(UserError, match="cannot filter by"):
        filters(("odd",))
