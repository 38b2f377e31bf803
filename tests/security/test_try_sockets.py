"""The services of this host and of this login are not reached from a try, each is through its hole, and only that one.

Real servers where there are programs (ssh-agent, tmux, dbus-daemon), else listeners at the places of the real ones.
Root of root's try is a stranger to root's own sockets and files: what asks who connects is shown as an ordinary user.
"""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator

import pytest

from tests.capabilities import missing
from tests.commandline import CommandLine, Done
from tests.waiting import until

pytestmark = pytest.mark.needs("fuse")
CONNECT = """
import os, socket, sys
for name in sys.argv[1:]:
    address = "\\0" + name[1:] if name[0] == "@" else name
    try:
        socket.socket(socket.AF_UNIX).connect(address)
        print(os.path.basename(name))
    except OSError:
        pass
"""
AGENTLESS = 2  # ssh-add's code where no agent answers


class Login:
    """A home and a runtime directory with services in them; variables that lead to them."""

    def __init__(self, cli: CommandLine, stack: contextlib.ExitStack) -> None:
        self.cli, self.stack = cli, stack
        self.place = tempfile.mkdtemp(prefix="hull-l-")
        stack.callback(shutil.rmtree, self.place, ignore_errors=True)
        os.chmod(self.place, 0o755)
        self.runtime = f"{self.place}/run"
        os.mkdir(self.runtime, 0o700)
        self.environ = {"HOME": self.place, "XDG_RUNTIME_DIR": self.runtime, "PYTHONDONTWRITEBYTECODE": "1"}

    def listen(self, name: str) -> str:
        """Listen at a path below the place, or at an abstract address; return it."""
        path = name if name.startswith("@") else f"{self.place}/{name}"
        if not name.startswith("@"):
            os.makedirs(os.path.dirname(path), exist_ok=True)
        server = self.stack.enter_context(socket.socket(socket.AF_UNIX))
        server.bind("\0" + path[1:] if name.startswith("@") else path)
        if not name.startswith("@"):
            os.chmod(path, 0o777)
        server.listen()
        return path

    def start(self, *argv: str) -> "subprocess.Popen[bytes]":
        """Start a server that ends with the test."""
        child = self.stack.enter_context(subprocess.Popen(argv, env={**os.environ, **self.environ}, stdout=-3))
        self.stack.callback(child.kill)
        return child

    def __call__(self, *words: str, **environ: str) -> Done:
        """Run `hull try --rm WORDS…` in this login."""
        return self.cli("try", "--rm", *words, env=self.cli.env(**self.environ, **environ), cwd=self.place)

    def connected(self, *words: str, to: tuple[str, ...], **environ: str) -> list[str]:
        """Return the last parts of those addresses that could be connected to."""
        done = self(*words, "--", sys.executable, "-c", CONNECT, *to, **environ)
        assert done.returncode == 0, done
        return done.stdout.decode().split()


@pytest.fixture
def login(cli: CommandLine) -> Iterator[Login]:
    with contextlib.ExitStack() as stack:
        yield Login(cli, stack)


@pytest.mark.parametrize("words", [(), ("--engine=kernel",), ("--profile=agent",)], ids=["fuse", "kernel", "agent"])
def test_no_socket_of_the_host_is_reached(login: Login, words: tuple[str, ...]) -> None:
    for need in {"--engine=kernel": ("ordinary",), "--profile=agent": ("ordinary", "range")}.get("".join(words), ()):
        if missing(need):
            pytest.skip(f"needs {need}: {missing(need)}")
    names = ("bus", "run/bus", "run/gvfs", "run/docker.sock", "run/tmux", "deep/below/agent", f"@hull-l-{os.getpid()}")
    sockets = tuple(login.listen(name) for name in names)
    outside = subprocess.run([sys.executable, "-c", CONNECT, *sockets], capture_output=True, check=True)
    assert len(outside.stdout.split()) == len(sockets)
    assert login.connected(*words, to=sockets) == []
    assert login.connected("--show", login.place, *words, to=sockets) == []


@pytest.mark.parametrize(
    ("hole", "name", "variable", "inside"),
    [
        ("dbus", "run/bus", "DBUS_SESSION_BUS_ADDRESS=unix:path={}", "/run/user/0/bus"),
        ("docker", "d.sock", "DOCKER_HOST=unix://{}", "/run/docker.sock"),
        ("wayland", "run/wayland-3", "WAYLAND_DISPLAY=wayland-3", "/run/user/0/wayland-0"),
        ("audio", "run/pulse/native", "", "/run/user/0/pulse/native"),
        ("gpg-agent", "run/gnupg/S.gpg-agent.extra", "", "/run/user/0/gnupg/S.gpg-agent"),
    ],
)
def test_a_hole_opens_its_socket_and_no_other(login: Login, hole: str, name: str, variable: str, inside: str) -> None:
    asked, other = login.listen(name), login.listen("run/other")
    key, _, value = variable.partition("=")
    environ = {key: value.format(asked)} if key else {}
    to = (inside, asked, other, "/run/user/0/other")
    assert login.connected("--allow", hole, to=to, **environ) == [os.path.basename(inside)]
    assert login.connected(to=to, **environ) == []


@pytest.mark.needs("ordinary", "program:ssh-agent", "program:ssh-add")
def test_an_ssh_agent_answers_through_its_hole_alone(login: Login) -> None:
    path = f"{login.place}/agent"
    login.start("ssh-agent", "-D", "-a", path)
    until(lambda: os.path.exists(path), "ssh-agent's socket")
    asked = ("--", "sh", "-c", "ssh-add -l; echo $? $SSH_AUTH_SOCK")
    closed = login(*asked, SSH_AUTH_SOCK=path)
    assert closed.stdout.split()[0] == str(AGENTLESS).encode(), closed
    assert b"/agent" not in closed.stdout
    opened = login("--allow", "ssh-agent", *asked, SSH_AUTH_SOCK=path)
    assert opened.stdout.split()[-2:] == [b"1", b"/run/user/0/ssh-agent"], opened
    assert b"--allow ssh-agent" in opened.stderr


@pytest.mark.needs("ordinary", "program:tmux")
def test_a_tmux_server_is_not_typed_into(login: Login) -> None:
    path = f"{login.place}/t"
    tmux = ("tmux", "-S", path, "-f", "/dev/null")
    subprocess.run([*tmux, "new-session", "-d", "-s", "s", "cat"], check=True, env={**os.environ, "TMUX": ""})
    login.stack.callback(subprocess.run, [*tmux, "kill-server"], check=False, stderr=subprocess.DEVNULL)
    listed = ("tmux", "-S")
    assert login("--", *listed, path, "list-sessions", TMUX=f"{path},1,0").returncode != 0
    assert login("--", "sh", "-c", "tmux list-sessions; env | grep ^TMUX", TMUX=f"{path},1,0").stdout == b""
    opened = login("--allow", "tmux", "--", "tmux", "list-sessions", TMUX=f"{path},1,0")
    assert opened.stdout.startswith(b"s:"), opened


@pytest.mark.needs("ordinary", "range", "program:dbus-daemon", "program:dbus-send")
def test_a_session_bus_answers_through_its_hole_alone(login: Login) -> None:
    path = f"{login.runtime}/bus"
    login.start("dbus-daemon", "--session", "--nofork", f"--address=unix:path={path}")
    until(lambda: os.path.exists(path), "the bus's socket")
    send = (
        "dbus-send",
        "--session",
        "--print-reply",
        "--dest=org.freedesktop.DBus",
        "/",
        "org.freedesktop.DBus.ListNames",
    )
    environ = {"DBUS_SESSION_BUS_ADDRESS": f"unix:path={path}"}
    outside = subprocess.run(send, env={**os.environ, **environ}, capture_output=True, check=False)
    assert b"org.freedesktop.DBus" in outside.stdout, outside
    assert login("--profile=agent", "--", *send, **environ).returncode != 0
    opened = login("--profile=agent", "--allow=dbus", "--", *send, **environ)
    assert b"org.freedesktop.DBus" in opened.stdout, opened


@pytest.mark.needs("ordinary")
def test_a_live_directory_opens_no_socket_in_it(login: Login) -> None:
    path = login.listen("project/deep/s")
    project = f"{login.place}/project"
    os.makedirs(f"{project}/.git/hooks")
    script = "echo live > file; echo x > .git/hooks/pre-commit; mv .git moved; rm -rf .git; cat file; echo x > .git/new"
    done = login("--rw", project, "-w", project, "--", "sh", "-c", script)
    assert done.stdout == b"live\n", done
    assert sorted(os.listdir(project)) == [".git", "deep", "file"]
    assert sorted(os.listdir(f"{project}/.git")) == ["hooks", "new"]
    assert os.listdir(f"{project}/.git/hooks") == []
    assert b"1 sockets and FIFOs are closed" in done.stderr
    assert login.connected("--rw", project, to=(path,)) == []
    assert login.connected("--rw", f"{project}:force", to=(path,)) == ["s"]


@pytest.mark.needs("ordinary")
def test_a_try_of_an_image_has_live_directories_and_holes_too(login: Login) -> None:
    path, live = login.listen("d.sock"), f"{login.place}/live"
    os.mkdir(live)
    script = "echo live > file; ls /run/docker.sock; ls -d /run/user; env"
    words = ("--from", "busybox", "--rw", live, "-w", live, "--allow", "docker", "--", "sh", "-c", script)
    done = login(*words, DOCKER_HOST=f"unix://{path}", MY_TOKEN="KEY")
    assert os.listdir(live) == ["file"], done
    assert done.stdout.startswith(b"/run/docker.sock\n/run/user\n"), done
    assert b"KEY" not in done.stdout


def test_what_is_too_much_to_leave_open_is_refused(login: Login) -> None:
    for path in (login.place, "/", "/etc"):
        done = login("--rw", path, "--", "true")
        assert done.returncode == 125, done
        assert b"open for writing" in done.stderr
    done = login("--allow", "everything", "--", "true")
    assert done.returncode == 125
    assert b"ssh-agent" in done.stderr
