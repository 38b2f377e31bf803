"""bash, zsh and fish as people have them: type, press Tab, see."""

import os
import re
import shutil
import sys

import pytest

from tests.fronts.terminal import ESCAPE

pexpect = pytest.importorskip("pexpect", reason="pexpect is not installed")

START = {
    "bash": ["bash", "--norc", "--noprofile", "-i"],
    "zsh": ["zsh", "-f", "-i"],
    "fish": ["fish", "--no-config", "-i"],
}
SET_UP = {
    "bash": "PS1='ready> '; bind 'set bell-style none'; bind 'set enable-bracketed-paste off'; ",
    "zsh": "unsetopt beep prompt_sp prompt_cr; autoload -Uz compinit; compinit -D; PS1='ready> '; ",
    "fish": "function fish_prompt; echo 'ready> '; end; ",
}
LOAD = {
    "bash": "source <(hull completion bash)",
    "zsh": "source <(hull completion zsh)",
    "fish": "hull completion fish | source",
}


NOISE = r"(?:\x1b\[[0-9;?]*[A-Za-z]|\x1b[()=>][A-Z0-9]?|\x08|\r)*"


def drawn(text):
    """Return a pattern for a text as a line editor draws it: in colours, going back, in pieces."""
    return NOISE.join(re.escape(char) for char in text)


class Shell:
    """An interactive shell in a terminal."""

    def __init__(self, name, env, load=""):
        argv = START[name]
        self.child = pexpect.spawn(argv[0], argv[1:], env=env, encoding="utf-8", timeout=60, dimensions=(30, 200))
        self.child.delaybeforesend = None
        self.line(f"{SET_UP[name]}{load or LOAD[name]}")
        self.line("echo st''art")
        self.child.expect("start\r")
        self.child.expect("ready> ")

    def line(self, text):
        self.child.send(f"{text}\r")

    def tab(self, text, expected, times=1):
        """Type at a fresh prompt, press Tab, wait for what must appear; then take the line away."""
        self.child.send(text + "\t" * times)
        try:
            for one in (expected,) if isinstance(expected, str) else expected:
                self.child.expect(drawn(one))
        finally:
            seen = ESCAPE.sub("", str(self.child.before) + str(self.child.after))
        self.child.send("\x15\r")
        self.child.expect("ready> ")
        return seen


@pytest.fixture(scope="module")
def places(cli, tmp_path_factory):
    """Give the environment of the shells: own home, hull on PATH, a container that runs."""
    home = tmp_path_factory.mktemp("home")
    name = f"tab-{os.getpid()}"
    cli(
        "run",
        "-d",
        "--network",
        "none",
        "--name",
        name,
        "busybox",
        "sh",
        "-c",
        "mkdir -p '/srv/my files'; exec sleep 1000",
        check=True,
    )
    yield (
        name,
        cli.env(
            HOME=str(home),
            PATH=os.pathsep.join((os.path.dirname(sys.executable), os.environ["PATH"])),
            TERM="xterm",
            LC_ALL="C.UTF-8",
            XDG_CONFIG_HOME=f"{home}/config",
            XDG_DATA_HOME=f"{home}/data",
        ),
    )
    cli("rm", "-f", name, check=True)


@pytest.fixture(scope="module", params=["bash", "zsh", "fish"])
def shell(request, places):
    """Give each shell, at its prompt, with hull's completion."""
    if shutil.which(request.param) is None:
        pytest.skip(f"needs program:{request.param}: not installed")
    name, env = places
    made = Shell(request.param, env)
    made.kind, made.container = request.param, name
    yield made
    made.child.close(force=True)


def test_a_verb(shell):
    shell.tab("hull vers", "hull version ")


def test_flags_and_their_values(shell):
    shell.tab("hull run --hostn", "hull run --hostname ")
    shell.tab("hull run --pull=al", "--pull=always")
    shell.tab("hull run --pull al", "--pull always")


def test_names_after_a_pipe_and_in_a_substitution(shell):
    shell.tab("true | hull rmi busyb", "busybox:latest")
    if shell.kind == "zsh":  # bash completes nothing there, fish has another spelling
        shell.tab("echo $(hull rmi busyb", "busybox:latest")
    shell.tab("true && hull exec tab", f"hull exec {shell.container} ")


def test_what_is_inside(shell):
    shell.tab(f"hull cp {shell.container}:/et", f"{shell.container}:/etc/")
    shell.tab(f"hull exec {shell.container} ls /sr", "ls /srv/")
    shell.tab(f"hull exec {shell.container} ls /srv/m", "ls /srv/my\\ files/")


def test_several_are_listed_with_what_they_are(shell):
    shell.tab("hull network ", "disconnect", 2)
    shell.tab("hull st", ["start", "Start cont", "Stop cont"], 2)


def test_files_are_the_shells_own(shell, tmp_path):
    (tmp_path / "with space.txt").write_text("")
    shell.tab(f"hull load -i {tmp_path}/wi", "with\\ space.txt")
    shell.tab(f"hull run --env-file={tmp_path}/wi", "with\\ space.txt")
