"""`hull docker`: the client itself, in the place of this process, with a server for as long as it runs."""

import os
import signal
import subprocess

import pexpect
import pytest

from tests.fronts.terminal import Terminal

pytestmark = pytest.mark.needs("program:docker")


@pytest.fixture
def env(cli, tmp_path):
    """Give an environment without settings of the caller's for the client."""
    left = {name: value for name, value in cli.env().items() if not name.startswith("DOCKER_")}
    yield {**left, "DOCKER_CONFIG": str(tmp_path)}
    cli("docker", "rm", "-f", "dv", env=left)


def test_streams_and_exit_code_are_the_clients_own(cli, env):
    done = cli("docker", "run", "-i", "--rm", "busybox", "sh", "-c", "cat; echo no >&2; exit 7", env=env, input=b"in\n")
    assert (done.returncode, done.stdout, done.stderr) == (7, b"in\n", b"no\n")


def test_every_word_is_the_clients(cli, env):
    assert cli("docker", "--version", env=env, check=True).stdout.startswith(b"Docker version ")
    assert b"docker" in cli("docker", "--help", env=env, check=True).stdout
    assert b"unknown flag: --nonsense" in cli("docker", "--nonsense", env=env).stderr


def test_settings_for_another_engine_are_not_followed(cli, env):
    env |= {"DOCKER_HOST": "unix:///nowhere", "DOCKER_TLS_VERIFY": "1", "DOCKER_CONTEXT": "other"}
    assert cli("docker", "version", "--format", "{{.Server.Platform.Name}}", env=env, check=True).stdout == b"hull\n"


def test_the_process_is_the_client_and_its_signals_reach_the_program(cli, env):
    script = "trap 'echo got; exit 3' TERM; echo up; while :; do sleep 0.1; done"
    made = cli.popen("docker", "run", "--rm", "busybox", "sh", "-c", script, env=env, stdout=subprocess.PIPE)
    assert made.stdout.readline() == b"up\n"
    assert os.path.basename(os.readlink(f"/proc/{made.pid}/exe")) == "docker"
    made.send_signal(signal.SIGTERM)
    assert made.communicate(timeout=30)[0] == b"got\n"
    assert made.returncode == 3


def test_a_terminal_is_the_containers(cli, env):
    terminal = Terminal(cli.argv("docker", "run", "--rm", "-it", "--name", "dv", "busybox", "sh"), env, prompt="# ")
    assert "40 160" in terminal.run("stty size")
    terminal.type("printf 'r%sdy' ea; sleep 100")
    terminal.expect("ready")
    terminal.press("c")
    terminal.prompt()
    assert "130" in terminal.run("echo $?")
    terminal.type("exit 5")
    terminal.child.expect(pexpect.EOF)
    terminal.child.wait()
    assert terminal.child.exitstatus == 5


def test_without_a_client_it_says_what_to_install(cli, env, tmp_path):
    refused = cli("docker", "ps", env={**env, "PATH": str(tmp_path)})
    assert refused.returncode == 125
    assert b"there is no docker client on the PATH" in refused.stderr
    assert b"apt install docker-cli" in refused.stderr
