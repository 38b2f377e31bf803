"""Docker's documented examples of the verbs of a container's life, as assertions on ours: words, columns, exit codes.

Source: Docker's command-line reference, one test or more a page. Where ours differs on purpose the test says so.
"""

import io
import json
import re
import tarfile

import pytest

from tests.commandline import CommandLine, Done
from tests.waiting import until

ID = re.compile(rb"[0-9a-f]{64}\n")
SHORT = re.compile(r"[0-9a-f]{12}")


class Docker:
    """`docker(words…)` runs `hull words…` and returns its standard output; every container is removed at the end."""

    def __init__(self, cli: CommandLine) -> None:
        self.cli = cli
        self.ids: list[str] = []

    def raw(self, *words: str, **options) -> Done:
        return self.cli(*words, **options)

    def __call__(self, *words: str, **options) -> str:
        return self.raw(*words, check=True, **options).stdout.decode()

    def run(self, name: str, *command: str, flags: tuple[str, ...] = ()) -> str:
        """Start a detached container without a network, which costs nothing here."""
        ident = self("run", "-d", "--network", "none", "--name", name, *flags, "busybox", *command).strip()
        self.ids.append(ident)
        return ident

    def lines(self, *words: str) -> list[str]:
        return self(*words).splitlines()


@pytest.fixture
def docker(cli: CommandLine):
    docker = Docker(cli)
    yield docker
    left = docker("ps", "-aq", "--no-trunc").split()
    if left:
        docker.raw("rm", "-f", "-v", *left)


def columns(line: str) -> list[str]:
    return [word.strip() for word in re.split(r" {2,}", line) if word.strip()]


TOP = ("top", "-b")
CONTAINER = ["CONTAINER ID", "IMAGE", "COMMAND", "CREATED", "STATUS", "PORTS", "NAMES"]


def test_run_detached_prints_the_id(docker):
    done = docker.raw("run", "-d", "--network", "none", "busybox", "true")
    assert ID.fullmatch(done.stdout)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--foo", "busybox"), 125),
        (("busybox", "/etc"), 126),
        (("busybox", "foo"), 127),
        (("busybox", "/bin/sh", "-c", "exit 3"), 3),
    ],
)
@pytest.mark.parametrize("detach", [(), ("-d",)])
def test_run_exit_status(docker, words, code, detach):
    done = docker.raw("run", "--network", "none", *detach, *words)
    assert done.returncode == (0 if detach and code == 3 else code)


def test_ps(docker):
    docker.run("webapp", *TOP)
    docker.run("redis", "true")
    docker("wait", "redis")
    head, row = docker.lines("ps")
    assert columns(head) == CONTAINER
    ident, image, command, created, status, name = columns(row)
    assert SHORT.fullmatch(ident)
    assert (image, command, name) == ("busybox", '"top -b"', "webapp")
    assert created.endswith("ago")
    assert status.startswith("Up ")
    ended = columns(docker.lines("ps", "-a")[1])
    assert ended[4].startswith("Exited (0) ")
    assert ended[5] == "redis"
    assert len(columns(docker.lines("ps", "--no-trunc")[1])[0]) == 64


def test_ps_size(docker):
    docker.run("my_nginx", "sh", "-c", "head -c 3000 /dev/zero >/file; exec top -b")
    until(lambda: "3kB (virtual" in docker("ps", "--size"))
    assert columns(docker.lines("ps", "-s")[0]) == [*CONTAINER, "SIZE"]


def test_ps_filters(docker):
    docker.run("nostalgic_stallman", *TOP, flags=("--label", "color=blue"))
    docker.run("nostalgic_shockley", *TOP, flags=("--label", "color=red"))
    docker.run("i_am_nostalgic", "sh", "-c", "exit 9")
    docker("wait", "i_am_nostalgic")

    def names(*filters: str) -> set[str]:
        words = [part for word in filters for part in ("--filter", word)]
        return set(docker.lines("ps", "--format", "{{.Names}}", *words))

    assert names("label=color") == {"nostalgic_stallman", "nostalgic_shockley"}
    assert names("label=color=blue") == {"nostalgic_stallman"}
    assert names("name=nostalgic_stallman") == {"nostalgic_stallman"}
    assert names("name=nostalgic") == {"nostalgic_stallman", "nostalgic_shockley"}
    assert names("status=exited", "exited=9") == {"i_am_nostalgic"}
    assert names("before=nostalgic_shockley") == {"nostalgic_stallman"}
    assert names("since=nostalgic_stallman") == {"nostalgic_shockley"}
    assert names("ancestor=busybox") == {"nostalgic_stallman", "nostalgic_shockley"}
    assert names("network=none") == {"nostalgic_stallman", "nostalgic_shockley"}


def test_ps_format(docker):
    ident = docker.run("webapp", *TOP, flags=("--label", "com.docker.swarm.node=debian"))
    assert docker.lines("ps", "--format", "{{.ID}}: {{.Command}}") == [f'{ident[:12]}: "top -b"']
    head, row = docker.lines("ps", "--format", r"table {{.ID}}\t{{.Labels}}")
    assert columns(head) == ["CONTAINER ID", "LABELS"]
    assert "com.docker.swarm.node=debian" in row
    (line,) = docker.lines("ps", "--format", "json")
    fields = json.loads(line)
    assert fields["Names"] == "webapp"
    named = "Command CreatedAt ID Image Labels LocalVolumes Mounts Networks Ports RunningFor Size State Status"
    assert set(named.split()) < set(fields)


def test_inspect(docker):
    docker.run("instance", *TOP, flags=("--label", "a=b"))

    def inspect(template: str) -> str:
        return docker("inspect", f"--format={template}", "instance").rstrip("\n")

    assert inspect("{{.Config.Image}}") == "busybox"
    assert inspect("{{.LogPath}}").endswith("/log.json")
    assert inspect("{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}") == ""
    assert json.loads(inspect("{{json .Config}}"))["Cmd"] == ["top", "-b"]
    assert inspect("{{.State.Status}} {{.State.ExitCode}} {{.RestartCount}}") == "running 0 0"
    assert json.loads(docker("inspect", "instance"))[0]["Name"] == "/instance"
    assert int(docker("inspect", "--size", "instance", "-f", "{{ .SizeRw }}")) >= 0
    assert int(docker("inspect", "--size", "instance", "-f", "{{ .SizeRootFs }}")) > 0
    assert json.loads(docker("inspect", "--type", "image", "busybox"))[0]["RepoTags"] == ["busybox:latest"]


@pytest.mark.needs("tun")
def test_inspect_and_list_ports(docker):
    docker("run", "-d", "--name", "test", "-p", "127.0.0.1::8787", "-p", "127.0.0.1::9876/udp", "busybox", *TOP)
    port = docker(
        "inspect", '--format={{(index (index .NetworkSettings.Ports "8787/tcp") 0).HostPort}}', "test"
    ).strip()
    assert port.isdigit()
    listed = "{{range $p, $conf := .NetworkSettings.Ports}} {{$p}} -> {{(index $conf 0).HostPort}} {{end}}"
    assert f" 8787/tcp -> {port} " in docker("inspect", f"--format={listed}", "test")
    assert f"8787/tcp -> 127.0.0.1:{port}" in docker.lines("port", "test")
    assert docker.lines("port", "test", "8787/tcp") == [f"127.0.0.1:{port}"]
    assert docker.lines("port", "test", "8787") == [f"127.0.0.1:{port}"]
    wrong = docker.raw("port", "test", "8787/udp")
    assert wrong.returncode == 125  # Docker: 1
    assert b"no public port 8787/udp published for test" in wrong.stderr.lower()
    assert f"127.0.0.1:{port}->8787/tcp" in docker("ps")


def test_logs_until(docker):
    docker.run("test", "sh", "-c", "while true; do date; sleep 0.2; done")
    until(lambda: docker.lines("logs", "--until=1s", "test"))
    lines = docker.lines("logs", "-f", "--until=1s", "test")  # a span is counted back from now: it ends by itself
    assert lines
    assert lines[: len(lines)] == docker.lines("logs", "test")[: len(lines)]


def test_logs(docker):
    docker.run("said", "sh", "-c", "echo one; echo two >&2; sleep 0.2; echo three")
    docker("wait", "said")
    done = docker.raw("logs", "said")
    assert (done.stdout, done.stderr) == (b"one\nthree\n", b"two\n")
    assert docker.lines("logs", "--tail", "1", "said") == ["three"]
    stamp, word = docker.lines("logs", "-t", "-n", "1", "said")[0].split(" ")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z", stamp)
    assert word == "three"
    assert docker("logs", "--since", "1h", "said").startswith("one")


def test_stop(docker):
    docker.run("my_container", "sh", "-c", "trap 'exit 5' TERM; while :; do sleep 0.1; done")
    assert docker("stop", "my_container") == "my_container\n"
    assert docker("wait", "my_container") == "5\n"
    docker.run("deaf", "sh", "-c", "trap '' TERM; while :; do sleep 0.1; done")
    assert docker("stop", "-t", "0", "deaf") == "deaf\n"
    assert docker("inspect", "-f", "{{.State.ExitCode}}", "deaf") == "137\n"


@pytest.mark.parametrize("signal", ["SIGHUP", "HUP", "1"])
def test_kill_sends_a_signal(docker, signal):
    docker.run("my_container", "sh", "-c", "trap 'exit 7' HUP; echo ready; while :; do sleep 0.1; done")
    until(lambda: "ready" in docker("logs", "my_container"))
    assert docker("kill", f"--signal={signal}", "my_container") == "my_container\n"
    assert docker("wait", "my_container") == "7\n"


def test_kill(docker):
    docker.run("my_container", *TOP)
    assert docker("kill", "my_container") == "my_container\n"
    assert docker("wait", "my_container") == "137\n"
    assert docker.raw("kill", "my_container").returncode == 125  # Docker: 1


def test_wait_blocks_until_it_stops(docker):
    docker.run("my_container", "sh", flags=("-it",))
    with docker.cli.popen("wait", "my_container", stdout=-1) as waiting:
        docker("stop", "-t", "1", "my_container")
        assert waiting.communicate(timeout=20)[0].strip().isdigit()
    assert waiting.returncode == 0


def test_rm(docker):
    docker.run("redis", *TOP)
    refused = docker.raw("rm", "redis")
    assert refused.returncode == 125  # Docker: 1
    assert b"cannot rm redis: it is running" in refused.stderr
    assert docker("rm", "--force", "redis") == "redis\n"
    docker.run("redis", "true", flags=("-v", "/foo"))
    docker("wait", "redis")
    assert docker("rm", "--volumes", "redis") == "redis\n"
    docker.run("one", "true")
    docker("wait", "one")
    ids = docker("ps", "--filter", "status=exited", "-q").split()
    assert docker("rm", *ids).split() == ids
    assert docker.lines("ps", "-a")[1:] == []


def test_names_with_dockers_slash(docker):
    docker.run("redis", "true")
    docker("wait", "/redis")
    assert docker("rm", "/redis") == "/redis\n"


def test_rename(docker):
    docker.run("my_container", *TOP)
    assert docker("rename", "my_container", "my_new_container") == ""
    assert docker.lines("ps", "--format", "{{.Names}}") == ["my_new_container"]


def test_top(docker):
    docker.run("topdemo", *TOP)
    head, *_, row = docker.lines("top", "topdemo")  # pid 1 is hull's init, the program its child
    assert columns(head) == ["UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD"]
    assert row.endswith("top -b")


def test_diff(docker):
    docker.run("c1", "sh", "-c", "echo >/made; rm /bin/true; chmod 700 /tmp; mkdir /d; echo >/d/f")
    docker("wait", "c1")
    found = set(docker.lines("diff", "c1"))
    assert {"A /made", "C /bin", "D /bin/true", "A /d", "A /d/f"} <= found
    assert all(line[:2] in ("A ", "C ", "D ") for line in found)


def test_cp(docker, tmp_path):
    docker.run("container", "sh", "-c", "mkdir -p /work /var/logs; echo ERROR one >/var/logs/app.log; exec top -b")
    until(lambda: docker.raw("exec", "container", "test", "-s", "/var/logs/app.log").returncode == 0)
    (tmp_path / "some_file").write_text("some")
    docker("cp", f"{tmp_path}/some_file", "container:/work")
    assert docker("exec", "container", "cat", "/work/some_file") == "some"
    docker("cp", "container:/var/logs/", f"{tmp_path}/app_logs")
    assert (tmp_path / "app_logs" / "app.log").read_text() == "ERROR one\n"
    stream = docker.raw("cp", "container:/var/logs/app.log", "-", check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(stream)) as tar:
        member = tar.extractfile("app.log")
        assert member is not None
        assert b"ERROR" in member.read()


def test_pause_and_unpause(docker):
    docker.run("my_container", *TOP)
    assert docker("pause", "my_container") == "my_container\n"
    assert "(Paused)" in docker("ps")
    refused = docker.raw("exec", "my_container", "true")
    assert refused.returncode == 125  # Docker: 1
    assert b"hull unpause my_container" in refused.stderr
    assert docker("unpause", "my_container") == "my_container\n"
    assert "(Paused)" not in docker("ps")


def test_create_and_start(docker):
    assert ID.fullmatch(
        docker("create", "--network", "none", "--name", "mycontainer", "busybox", "echo", "hi").encode()
    )
    assert columns(docker.lines("ps", "-a")[1])[4] == "Created"
    assert docker.lines("ps", "-a", "--filter", "status=created", "--format", "{{.Names}}") == ["mycontainer"]
    assert docker("start", "--attach", "mycontainer") == "hi\n"
    assert docker("start", "mycontainer") == "mycontainer\n"
    assert docker("wait", "mycontainer") == "0\n"


def test_attach_ends_with_the_programs_code(docker):
    docker.run("test", "sh", "-c", "read line; echo $line; exit 13", flags=("-i",))
    done = docker.raw("attach", "test", input=b"typed\n")
    assert (done.returncode, done.stdout) == (13, b"typed\n")


def test_exec(docker):
    docker.run("mycontainer", *TOP)
    assert docker.raw("exec", "-d", "mycontainer", "touch", "/tmp/execWorks").returncode == 0
    until(lambda: docker.raw("exec", "mycontainer", "test", "-e", "/tmp/execWorks").returncode == 0)
    assert "VAR_A=1" in docker.lines("exec", "-e", "VAR_A=1", "-e", "VAR_B=2", "mycontainer", "env")
    assert docker("exec", "-w", "/root", "mycontainer", "pwd") == "/root\n"
    assert docker.raw("exec", "mycontainer", "sh", "-c", "exit 3").returncode == 3
    assert docker.raw("exec", "mycontainer", "foo").returncode == 127


def test_restart(docker):
    ident = docker.run("my_container", *TOP)
    before = docker("inspect", "-f", "{{.State.Pid}}", ident)
    assert docker("restart", "-t", "0", "my_container") == "my_container\n"
    assert docker("inspect", "-f", "{{.State.Pid}}", ident) not in (before, "0\n")


def test_restart_policy(docker):
    docker.run("my-container", "false", flags=("--restart=on-failure:2",))
    assert docker("wait", "my-container") == "1\n"
    assert docker("inspect", "-f", "{{ .RestartCount }}", "my-container") == "2\n"
    assert re.match(r"\d{4}-", docker("inspect", "-f", "{{ .State.StartedAt }}", "my-container"))
    assert docker("update", "--restart=on-failure:3", "my-container") == "my-container\n"
    policy = "{{.HostConfig.RestartPolicy.Name}}:{{.HostConfig.RestartPolicy.MaximumRetryCount}}"
    assert docker("inspect", "-f", policy, "my-container") == "on-failure:3\n"


def test_health(docker):
    docker.run("test-health", *TOP, flags=("--health-cmd", "stat /etc/passwd || exit 1", "--health-interval", "200ms"))
    docker("exec", "test-health", "sh", "-c", "mkdir -p /etc; touch /etc/passwd")
    status = "{{.State.Health.Status}}"
    until(lambda: docker("inspect", f"--format={status}", "test-health") == "healthy\n")
    assert "(healthy)" in docker("ps")
    docker("exec", "test-health", "rm", "/etc/passwd")
    until(lambda: docker("inspect", f"--format={status}", "test-health") == "unhealthy\n")
    assert docker.lines("ps", "--filter", "health=unhealthy", "--format", "{{.Names}}") == ["test-health"]
    log = json.loads(docker("inspect", "--format={{json .State.Health.Log}}", "test-health"))
    assert log[-1]["ExitCode"] == 1
    assert set(log[-1]) == {"Start", "End", "ExitCode", "Output"}


def test_commit(docker):
    docker.run("desperate_dubinsky", *TOP)
    done = docker("commit", "--change", "ENV DEBUG=true", "desperate_dubinsky", "svendowideit/testimage:version3")
    assert re.fullmatch(r"sha256:[0-9a-f]{64}\n", done)
    assert "DEBUG=true" in docker("inspect", "-f", "{{ .Config.Env }}", "svendowideit/testimage:version3")
    change = 'CMD ["apachectl", "-DFOREGROUND"]'
    docker("commit", "--change", change, "-c", "EXPOSE 80", "desperate_dubinsky", "svendowideit/testimage:version4")
    config = json.loads(docker("inspect", "-f", "{{json .Config}}", "svendowideit/testimage:version4"))
    assert config["Cmd"] == ["apachectl", "-DFOREGROUND"]
    assert "80/tcp" in config["ExposedPorts"]
    docker("rm", "-f", "desperate_dubinsky")
    docker("rmi", "svendowideit/testimage:version3", "svendowideit/testimage:version4")


def test_export(docker, tmp_path):
    docker.run("red_panda", "sh", "-c", "echo here >/file")
    docker("wait", "red_panda")
    (tmp_path / "one.tar").write_bytes(docker.raw("export", "red_panda", check=True).stdout)
    docker("export", f"--output={tmp_path}/latest.tar", "red_panda")
    for path in (tmp_path / "one.tar", tmp_path / "latest.tar"):
        with tarfile.open(path) as tar:
            assert tar.getmember("file").size == 5


def test_container_prune(docker):
    ident = docker.run("gone", "true")
    docker("wait", "gone")
    docker.run("stays", *TOP)
    lines = docker.lines("container", "prune", "--force")
    assert lines[0] == "Deleted Containers:"
    assert lines[1] == ident
    assert lines[-1].startswith("Total reclaimed space: ")
    assert docker.lines("ps", "-a", "--format", "{{.Names}}") == ["stays"]


def test_stats(docker):
    ident = docker.run("awesome_brattain", *TOP)
    head, row = docker.lines("stats", "--no-stream")
    assert columns(head) == [
        "CONTAINER ID", "NAME", "CPU %", "MEM USAGE / LIMIT", "MEM %", "NET I/O", "BLOCK I/O", "PIDS",
    ]  # fmt: skip
    assert columns(row)[:2] == [ident[:12], "awesome_brattain"]
    wanted = r"table {{.Container}}\t{{.CPUPerc}}\t{{.MemUsage}}"
    head = docker.lines("stats", "--no-stream", "--format", wanted)[0]
    assert columns(head) == ["CONTAINER", "CPU %", "MEM USAGE / LIMIT"]
    assert re.fullmatch(
        r"[0-9a-f]{12}: \d+\.\d\d%", docker.lines("stats", "--no-stream", "--format", "{{.Container}}: {{.CPUPerc}}")[0]
    )


def test_events(docker):
    ident = docker.run("tested", "true")
    docker("wait", "tested")
    docker("rm", "tested")
    words = ("events", "--since", "1m", "--until", "0s", "--filter", "container=tested")
    lines = docker.lines(*words, "--format", "{{json .}}")
    events = [json.loads(line) for line in lines]
    assert [e["Action"] for e in events if e["id"] == ident] == ["create", "start", "die", "destroy"]
    assert next(e for e in events if e["Action"] == "die")["Actor"]["Attributes"]["exitCode"] == "0"
    shown = docker.lines(*words, "--filter", "event=die", "--format", "Type={{.Type}}  Status={{.Status}}  ID={{.ID}}")
    assert shown[-1] == f"Type=container  Status=die  ID={ident}"
    plain = docker.lines(*words, "--filter", "event=start")[-1]
    assert re.fullmatch(rf"\d{{4}}-\d\d-\d\dT[\d:.]+\S+ container start {ident} \(image=busybox, name=tested\)", plain)


def test_images_format(docker):
    assert "busybox: latest" in docker.lines("images", "--format", "{{.Repository}}: {{.Tag}}")
    head = docker.lines("images", "--format", r"table {{.ID}}\t{{.Repository}}\t{{.Tag}}")[0]
    assert columns(head) == ["IMAGE ID", "REPOSITORY", "TAG"]
    assert columns(docker.lines("images")[0]) == ["REPOSITORY", "TAG", "IMAGE ID", "CREATED", "SIZE"]
    line = json.loads(docker.lines("images", "--format", "json")[0])
    assert {"Containers", "CreatedAt", "CreatedSince", "Digest", "ID", "Repository", "Size", "Tag"} <= set(line)
