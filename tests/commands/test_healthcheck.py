"""healthcheck run: one check now, its output and what it means."""

import io
import json
import subprocess
import tarfile

import pytest

from tests.busybox import rootfs
from tests.commandline import CommandLine
from tests.commands.conftest import Name
from tests.commands.test_run import NONE, state

pytestmark = [pytest.mark.real, pytest.mark.single_id, pytest.mark.as_root]
CHECK = ("--health-cmd", "echo looking; test -e /ok", "--health-interval", "1h")


def up(cli: CommandLine, called: str, *flags: str) -> None:
    cli("run", "-d", "--name", called, *NONE, *flags, "busybox", "sleep", "1000", check=True)


def test_it_tells_the_output_and_the_verdict_counts(cli: CommandLine, name: Name) -> None:
    called = name()
    up(cli, called, *CHECK, "--health-retries", "1")
    done = cli("healthcheck", "run", called)
    assert (done.returncode, done.stdout, done.stderr) == (1, b"looking\n", b"")
    assert state(cli, called)["Health"]["Status"] == "unhealthy"
    cli("exec", called, "touch", "/ok", check=True)
    assert cli("healthcheck", "run", called).returncode == 0
    assert state(cli, called)["Health"]["Status"] == "healthy"


def test_one_that_takes_too_long(cli: CommandLine, name: Name) -> None:
    called = name()
    up(cli, called, "--health-cmd", "sleep 1000", "--health-timeout", "200ms", "--health-interval", "1h")
    done = cli("healthcheck", "run", called)
    assert (done.returncode, b"exceeded timeout" in done.stdout) == (1, True)


def refused(cli: CommandLine, called: str, why: str, fix: str) -> None:
    done = cli("healthcheck", "run", called)
    assert (done.returncode, done.stdout) == (125, b"")
    assert why in done.stderr.decode()
    assert fix in done.stderr.decode().partition("hint: ")[2]


def test_why_not(cli: CommandLine, name: Name) -> None:
    without, stopped = name(), name()
    up(cli, without)
    refused(cli, without, f"cannot check the health of {without}: it has no health check", "--health-cmd")
    up(cli, stopped, *CHECK)
    cli("stop", stopped, check=True)
    refused(cli, stopped, "it is exited, and healthcheck run takes a running container", f"hull start {stopped}")
    refused(cli, "nobody", "no such container: nobody", "hull ps -a")


def image_with(cli: CommandLine, run: dict[str, object]) -> None:
    """Load busybox once more as `checked`, its config changed."""
    archive = io.BytesIO(docker_archive(run))
    cli("load", input=archive.getvalue(), check=True)


def docker_archive(run: dict[str, object]) -> bytes:
    import hashlib

    layer = rootfs()
    config = {
        "architecture": "amd64",
        "os": "linux",
        "config": run,
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}"]},
    }
    files = {
        "layer.tar": layer,
        "config.json": json.dumps(config).encode(),
        "manifest.json": json.dumps(
            [{"Config": "config.json", "RepoTags": ["checked:latest"], "Layers": ["layer.tar"]}]
        ).encode(),
    }
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:
        for path, data in files.items():
            entry = tarfile.TarInfo(path)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    return made.getvalue()


def test_the_images_own_shell_runs_its_check(cli: CommandLine, name: Name) -> None:
    called = name()
    check = {"Test": ["CMD-SHELL", "echo $0 $1"], "Interval": 3600 * 10**9}
    run = {"Cmd": ["sleep", "1000"], "Env": ["PATH=/bin"], "Healthcheck": check}
    image_with(cli, {**run, "Shell": ["/bin/env", "sh", "-c", 'exec /bin/sh -ec "$0" odd shell']})
    cli("run", "-d", "--name", called, *NONE, "checked", check=True)
    done = cli("healthcheck", "run", called)
    assert (done.returncode, done.stdout) == (0, b"odd shell\n")
    cli("rm", "-f", called, check=True)
    cli("rmi", "-f", "checked", check=True)


def test_in_the_foreground_nobody_is_there_to_do_it(
    cli: CommandLine, name: Name, children: list["subprocess.Popen[bytes]"]
) -> None:
    called = name()
    image_with(cli, {"Env": ["PATH=/bin"], "Healthcheck": {"Test": ["CMD", "true"]}})
    words = ("run", "--rm", "--name", called, *NONE, "checked", "sh", "-c", "echo up; exec sleep 1000")
    process = cli.popen(*words, stdout=subprocess.PIPE)
    children.append(process)
    assert process.stdout is not None
    assert process.stdout.readline() == b"up\n"
    refused(cli, called, "it runs in the foreground, and has no monitor", "hull run -d")
    cli("rm", "-f", called, check=True)
    cli("rmi", "-f", "checked", check=True)
