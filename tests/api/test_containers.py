"""Containers over the API: raw requests, and the real docker client where its words matter."""

import json
import os
from collections.abc import Iterator
from typing import Any

import pytest

from tests.api.serving import Server
from tests.commandline import CommandLine

pytestmark = [pytest.mark.real]
SLEEP = {"Image": "busybox", "Cmd": ["sleep", "1000"], "HostConfig": {"NetworkMode": "none"}}


class Made:
    """Containers of one test: gone at its end."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.ids: list[str] = []

    def __call__(self, body: dict[str, Any], name: str = "", *, start: bool = True) -> str:
        made = self.server.request("POST", f"/containers/create?name={name}", body)
        assert made.status == 201, made.body
        self.ids.append(made.json["Id"])
        if start:
            assert self.post(self.ids[-1], "start").status == 204
        return self.ids[-1]

    def post(self, ident: str, words: str, body: Any = None) -> Any:
        return self.server.request("POST", f"/containers/{ident}/{words}", body)

    def shown(self, ident: str, version: str = "") -> Any:
        return self.server.request("GET", f"{version}/containers/{ident}/json").json

    def output(self, body: dict[str, Any], name: str = "") -> str:
        """Return what a program writes, to its end."""
        ident = self({"Image": "busybox", "HostConfig": {"NetworkMode": "none"}, "Tty": True, **body}, name)
        assert self.post(ident, "wait").json["StatusCode"] == 0
        return self.server.request("GET", f"/containers/{ident}/logs?stdout=1").body.decode()


@pytest.fixture
def made(server: Server) -> Iterator[Made]:
    made = Made(server)
    yield made
    for ident in made.ids:
        server.request("DELETE", f"/containers/{ident}?force=1&v=1")


def test_a_life(server, made):
    ident = made({**SLEEP, "Labels": {"a": "b"}}, "api-life")
    assert made.post("api-life", "start").status == 304
    (row,) = server.request("GET", '/containers/json?filters={"label":["a=b"]}').json
    assert (row["Id"], row["Names"], row["State"], row["Image"]) == (ident, ["/api-life"], "running", "busybox")
    exec_ = made.post(ident, "exec", {"Cmd": ["true"]}).json["Id"]
    assert made.shown(ident)["ExecIDs"] == [exec_]
    top = server.request("GET", f"/containers/{ident}/top").json
    assert top["Titles"][0] == "UID"
    assert [words[-1] for words in top["Processes"]] == ["sleep 1000"]  # and no init of hull's
    assert made.post(ident, "pause").status == 204
    assert made.post(ident, "pause").status == 409
    assert made.post(ident, "unpause").status == 204
    assert made.post(ident, "unpause").status == 409
    assert made.post(ident, "rename?name=api-lived").status == 204
    assert made.post(ident, "rename?name=x:y").message.startswith("Invalid container name (x:y)")
    assert made.post(ident, "update", {"RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": 2}}).json == {
        "Warnings": []
    }
    assert made.shown(ident)["HostConfig"]["RestartPolicy"] == {"Name": "on-failure", "MaximumRetryCount": 2}
    for signal in ("0", "SIG42", "HUPX"):
        refused = made.post(ident, f"kill?signal={signal}")
        assert (refused.status, f"nvalid signal: {signal}" in refused.message) == (400, True)
    refused = server.request("DELETE", f"/containers/{ident}")
    assert (refused.status, "stop the container before" in refused.message) == (409, True)
    assert made.post(ident, "restart?t=0").status == 204
    assert made.post(ident, "stop?t=0").status == 204
    assert made.post(ident, "stop?t=0").status == 304
    assert made.post(ident, "kill").status == 409
    assert server.request("GET", f"/containers/{ident}/top").status == 409
    assert server.request("DELETE", f"/containers/{ident}").status == 204
    gone = server.request("DELETE", f"/containers/{ident}?force=1")
    assert (gone.status, gone.message) == (404, f"No such container: {ident}")


def test_the_document_is_dockers(made):
    body = {"Image": "busybox", "Cmd": ["true"], "Env": ["A=b"], "ExposedPorts": {"81/tcp": {}},
            "HostConfig": {"Tmpfs": {"/t": "size=1m"}, "Binds": ["/tmp:/host:ro"], "NanoCpus": 500_000_000},
            "NetworkingConfig": {"EndpointsConfig": {"bridge": {"DriverOpts": {"k": "v"}}}}}  # fmt: skip
    shown = made.shown(made(body, start=False))
    words = (
        "AppArmorProfile Args Config Created Driver ExecIDs GraphDriver HostConfig HostnamePath HostsPath Id Image "
        "LogPath MountLabel Mounts Name NetworkSettings Path Platform ProcessLabel ResolvConfPath RestartCount State"
    )
    assert set(words.split()) <= shown.keys()
    assert "Health" not in shown["State"]
    assert shown["Config"]["Env"] == ["A=b"]
    (bind,) = shown["Mounts"]
    assert (bind["Mode"], bind["RW"], bind["Propagation"]) == ("ro", False, "rprivate")
    assert shown["HostConfig"]["Tmpfs"] == {"/t": "size=1m"}
    assert (shown["HostConfig"]["NetworkMode"], shown["HostConfig"]["NanoCpus"]) == ("bridge", 500_000_000)
    assert shown["NetworkSettings"]["Networks"]["bridge"]["DriverOpts"] == {"k": "v"}


def test_refusals(server, made):
    made(SLEEP, "api-taken", start=False)

    def refused(body: Any, name: str = "") -> tuple[int, str]:
        answer = server.request("POST", f"/containers/create?name={name}", body)
        return answer.status, answer.message

    assert refused({"Image": "nothing"}) == (404, "No such image: nothing:latest")
    status, words = refused(SLEEP, "api-taken")
    assert (status, words.startswith('Conflict. The container name "/api-taken" is already in use by')) == (409, True)
    assert refused({"Image": "busybox", "Cmd": 3})[0] == 400
    assert refused({**SLEEP, "HostConfig": {"CpuCount": 1}}) == (
        501,
        "cannot set HostConfig.CpuCount: it is for Windows",
    )
    assert refused({**SLEEP, "HostConfig": {"VolumesFrom": ["nobody"]}})[0] == 400
    assert refused({**SLEEP, "HostConfig": {"Links": ["nobody"]}}) == (400, "could not get container for nobody")
    assert server.request("GET", '/containers/json?filters={"status":["foo"]}').message == "invalid filter 'status=foo'"
    assert server.request("GET", '/containers/json?filters={"foo":["foo"]}').message == "invalid filter 'foo'"


def test_links(server, made):
    other = made({**SLEEP, "Env": ["FOO=1"], "HostConfig": {}}, "api-db")
    text = made.output({"Cmd": ["env"], "HostConfig": {"Links": ["/api-db:d"]}}, "api-app")
    assert "D_NAME=/api-app/d\r\n" in text
    assert "D_ENV_FOO=1\r\n" in text
    assert made.post(other, "rename?name=api-db2").status == 204
    assert made.shown("api-app/d")["Id"] == other
    assert made.shown("api-app")["HostConfig"]["Links"] == ["/api-db2:/api-app/d"]
    (row,) = server.request("GET", '/containers/json?filters={"name":["api-db2"]}').json
    assert row["Names"] == ["/api-db2", "/api-app/d"]
    assert server.request("DELETE", "/containers/api-app/d?link=1").status == 204
    assert made.shown("api-app")["HostConfig"]["Links"] is None


def test_what_is_the_hosts_is_shared(cli, made):
    host = {"NetworkMode": "none", "PidMode": "host", "UTSMode": "host", "IpcMode": "host"}
    seeing = "test -e /proc/$(cat /pid)/status && ! kill -0 $(cat /pid) 2>/dev/null && echo seen"
    script = f"hostname; {seeing}; df /dev/shm | tail -1"
    mount = f"{cli.root}/pid"
    with open(mount, "w", encoding="ascii") as file:
        file.write(str(os.getpid()))
    text = made.output({"Cmd": ["sh", "-c", script], "HostConfig": {**host, "Binds": [f"{mount}:/pid"]}})
    name, seen, memory = text.replace("\r", "").strip().splitlines()[-3:]
    assert (name, seen) == (os.uname().nodename, "seen")
    shm = os.statvfs("/dev/shm")
    assert int(memory.split()[1]) == shm.f_blocks * shm.f_frsize >> 10


def test_privileged_is_all_that_the_namespace_has(made):
    script = "grep CapEff /proc/self/status; mkdir /m && mount -t tmpfs x /m && echo mounted"
    text = made.output({"Cmd": ["sh", "-c", script], "HostConfig": {"Privileged": True}})
    assert "mounted" in text
    assert int(text.split()[1], 16) & 1 << 21  # CAP_SYS_ADMIN


def test_a_failed_start_takes_what_was_to_be_removed_with_it(server, made):
    body = {**SLEEP, "HostConfig": {"AutoRemove": True, "NetworkMode": "nowhere"}}
    ident = made(body, start=False)
    assert made.post(ident, "start").status == 404
    assert server.request("GET", f"/containers/{ident}/json").status == 404


def test_a_restart_finds_its_own_ports_free(made):
    port = str(10_000 + os.getpid() % 20_000)  # below those that the kernel gives to who names none
    ident = made({**SLEEP, "HostConfig": {"PortBindings": {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": port}]}}})
    assert [made.post(ident, "restart?t=0").status for _ in range(4)] == [204] * 4


def test_stats(server, made):
    ident = made({**SLEEP, "Cmd": ["sh", "-c", "while :; do :; done"]})
    with server.connect() as stream:
        stream.sendall(f"GET /containers/{ident}/stats HTTP/1.1\r\nHost: hull\r\n\r\n".encode())
        text = b""
        while text.count(b'"read":') < 2 or not text.endswith(b"\n"):
            text += stream.recv(1 << 16)
    first, second = [json.loads(line) for line in text.splitlines() if line.startswith(b"{")][:2]
    assert first["cpu_stats"] == second["precpu_stats"]
    assert second["cpu_stats"]["cpu_usage"]["total_usage"] > first["cpu_stats"]["cpu_usage"]["total_usage"]
    assert second["pids_stats"]["current"] == 1
    made.post(ident, "kill")
    ended = server.request("GET", f"/containers/{ident}/stats?stream=0").json
    assert ended["cpu_stats"]["cpu_usage"]["total_usage"] == 0


def test_changes_and_prune(server, made):
    ident = made({**SLEEP, "Cmd": ["touch", "/new"], "Labels": {"api": "prune"}})
    assert made.post(ident, "wait").json["StatusCode"] == 0
    assert {"Path": "/new", "Kind": 1} in server.request("GET", f"/containers/{ident}/changes").json
    pruned = server.request("POST", '/containers/prune?filters={"label":["api=prune"]}').json
    assert pruned["ContainersDeleted"] == [ident]
    refused = server.request("POST", '/containers/prune?filters={"x":["y"]}')
    assert (refused.status, refused.message) == (400, "invalid filter 'x'")


@pytest.mark.needs("program:docker")
def test_the_docker_client(server, made):
    ident = made({**SLEEP, "HostConfig": {"PortBindings": {"80/tcp": [{"HostIp": "127.0.0.1"}]}}}, "api-client")

    def said(*words: str) -> str:
        return server.docker(*words, check=True).stdout.decode().strip()

    assert said(
        "ps", "--no-trunc", "--filter", "name=api-client", "--format", "{{.ID}} {{.Command}} {{.Networks}}"
    ) == (f'{ident} "sleep 1000" bridge')
    assert said("port", "api-client").startswith("80/tcp -> 127.0.0.1:")
    assert said("inspect", "-f", "{{.State.Status}} {{.HostConfig.RestartPolicy.Name}}", "api-client") == "running no"
    assert said("stats", "--no-stream", "--format", "{{.Name}} {{.PIDs}}", "api-client") == "api-client 1"
    assert "exec into" not in said("top", "api-client")


def test_entering_what_shares_the_hosts_network(cli: CommandLine):
    ident = cli(
        "run", "-d", "--network", "host", "--uts", "host", "busybox", "sleep", "1000", check=True
    ).stdout.decode()
    try:
        assert cli("exec", ident.strip(), "hostname", check=True).stdout.decode().strip() == os.uname().nodename
    finally:
        cli("rm", "-f", ident.strip(), check=True)
