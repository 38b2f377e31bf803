"""commit makes an image that runs as the container stood: its files, what it was told, and --change."""

import json
import os
import subprocess

import pytest

from tests.commandline import CommandLine


@pytest.fixture
def containers(cli: CommandLine):
    names: list[str] = []
    yield names
    cli("rm", "-f", *names, check=True)


def run_config(cli, image):
    return json.loads(cli("inspect", image, check=True).stdout)[0]["Config"]


def test_files_with_whiteouts_and_opaque_directories(cli, containers):
    containers += ["com-1", "com-2"]
    make = "mkdir -p /d/s; echo 1 >/d/a; echo 2 >/d/s/b; echo 3 >/gone"
    cli("run", "--name", "com-1", "--network", "none", "busybox", "sh", "-c", make, check=True)
    cli("commit", "com-1", "com:1", check=True)
    change = "rm -rf /d; mkdir /d; echo 4 >/d/c; rm /gone; ln /d/c /e; chmod 2755 /d"
    cli("run", "--name", "com-2", "--network", "none", "com:1", "sh", "-c", change, check=True)
    cli("commit", "com-2", "com:2", check=True)
    look = "ls -A /d; ls /gone 2>&1; cat /e; stat -c %a /d; stat -c %h /e"
    done = cli("run", "--rm", "--network", "none", "com:2", "sh", "-c", look, check=True)
    assert done.stdout == b"c\nls: /gone: No such file or directory\n4\n2755\n2\n"
    assert json.loads(cli("inspect", "com:2", check=True).stdout)[0]["Comment"] == ""
    layers = json.loads(cli("inspect", "com:2", check=True).stdout)[0]["RootFS"]["Layers"]
    assert (len(layers), layers[:2]) == (3, json.loads(cli("inspect", "com:1").stdout)[0]["RootFS"]["Layers"])


def test_what_the_container_was_told_and_changes(cli, containers):
    containers.append("com-3")
    flags = ("-e", "A=1", "-w", "/tmp", "-l", "k=v", "--network", "none")
    cli("run", "--name", "com-3", *flags, "busybox", "echo", "told", check=True)
    cli("commit", "-m", "why", "-a", "me", "com-3", "com:3", check=True)
    assert cli("run", "--rm", "--network", "none", "com:3", check=True).stdout == b"told\n"
    found = json.loads(cli("inspect", "com:3", check=True).stdout)[0]
    assert (found["Comment"], found["Author"], found["Config"]["WorkingDir"]) == ("why", "me", "/tmp")
    assert ("A=1" in found["Config"]["Env"], found["Config"]["Labels"]) == (True, {"k": "v"})
    changes = (
        'CMD ["x"]', 'ENTRYPOINT ["echo", "in"]', "ENV B=2", "EXPOSE 80", "LABEL l=w", "ONBUILD RUN x", "USER 7",
        "VOLUME /v", "WORKDIR sub",
    )  # fmt: skip
    cli("commit", *(word for text in changes for word in ("--change", text)), "com-3", "com:4", check=True)
    config = run_config(cli, "com:4")
    assert config == {
        "Env": [*(v for v in config["Env"] if v not in ("A=1", "B=2")), "A=1", "B=2"],
        "Cmd": ["x"], "Entrypoint": ["echo", "in"], "ExposedPorts": {"80/tcp": {}}, "Labels": {"k": "v", "l": "w"},
        "OnBuild": ["RUN x"], "User": "7", "Volumes": {"/v": {}}, "WorkingDir": "/tmp/sub",
    }  # fmt: skip
    cli("commit", "-c", 'ENTRYPOINT ["echo"]', "com-3", "com:5", check=True)
    assert "Cmd" not in run_config(cli, "com:5")
    assert cli("commit", "-c", "FROM x", "com-3").returncode == 125


def test_the_health_check_it_was_told(cli, containers):
    containers += ["com-h1", "com-h2", "com-h3"]
    flags = ("--health-cmd", "test -e /ok", "--health-interval", "7s", "--health-retries", "2")
    cli("create", "--name", "com-h1", *flags, "busybox", check=True)
    cli("commit", "com-h1", "com:h1", check=True)
    check = {"Test": ["CMD-SHELL", "test -e /ok"], "Interval": 7_000_000_000, "Retries": 2}
    assert run_config(cli, "com:h1")["Healthcheck"] == check
    cli("create", "--name", "com-h2", "--health-timeout", "3s", "com:h1", check=True)
    cli("commit", "com-h2", "com:h2", check=True)
    assert run_config(cli, "com:h2")["Healthcheck"] == {**check, "Timeout": 3_000_000_000}
    cli("create", "--name", "com-h3", "--no-healthcheck", "com:h1", check=True)
    cli("commit", "com-h3", "com:h3", check=True)
    assert run_config(cli, "com:h3")["Healthcheck"]["Test"] == ["NONE"]
    shown = json.loads(cli("inspect", "com-h2", check=True).stdout)[0]["Config"]["Healthcheck"]
    assert (shown["Interval"], shown["Timeout"]) == (7_000_000_000, 3_000_000_000)


@pytest.mark.parametrize("flag", ["--pause", "--no-pause"])
def test_of_a_running_container(cli, containers, flag):
    containers.append("com-6")
    script = "head -c 200000000 /dev/zero >/big; echo 1 >/f; while :; do usleep 1000; done"
    cli("run", "-d", "--name", "com-6", "--network", "none", "busybox", "sh", "-c", script, check=True)
    cli("exec", "com-6", "sh", "-c", "while [ ! -s /f ]; do usleep 1000; done", check=True)
    pid = json.loads(cli("inspect", "com-6", check=True).stdout)[0]["State"]["Pid"]
    states = set()
    with cli.popen("commit", flag, "com-6", stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        while process.poll() is None:
            with open(f"/proc/{pid}/stat", encoding="ascii") as file:
                states.add(file.read().rpartition(")")[2].split()[0])
        ident = process.stdout.read().decode().strip()
    assert ("T" in states) is (flag == "--pause")
    assert cli("run", "--rm", "--network", "none", ident, "cat", "/f", check=True).stdout == b"1\n"
    assert cli("exec", "com-6", "true").returncode == 0  # it goes on
    cli("rmi", "-f", ident, check=True)


def test_mount_points_are_not_the_containers_doing(cli, containers):
    containers.append("com-7")
    cli("run", "--name", "com-7", "--network", "none", "busybox", "true", check=True)
    before = json.loads(cli("inspect", "busybox", check=True).stdout)[0]["Size"]
    ident = cli("commit", "com-7", check=True).stdout.decode().strip()
    found = json.loads(cli("inspect", ident, check=True).stdout)[0]
    assert found["Size"] == before
    upper = found["GraphDriver"]["Data"]["Layers"][-1]
    assert set(os.listdir(upper)) <= {"etc"}
    cli("rmi", ident, check=True)
