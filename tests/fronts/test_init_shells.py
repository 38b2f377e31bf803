"""`enter` and `host` of bash, zsh and fish: lines edited by the shell, run in the container."""

import shutil

import pytest

from tests.fronts.test_completion_shells import Shell, drawn, places
from tests.waiting import until

pexpect = pytest.importorskip("pexpect", reason="pexpect is not installed")

__all__ = ("places",)
LOAD = {"bash": 'eval "$(hull init bash)"', "zsh": 'eval "$(hull init zsh)"', "fish": "hull init fish | source"}


@pytest.fixture(params=["bash", "zsh", "fish"])
def shell(request, places):
    """Give each shell, at its prompt, with what init prints."""
    if shutil.which(request.param) is None:
        pytest.skip(f"needs program:{request.param}: not installed")
    name, env = places
    made = Shell(request.param, env, LOAD[request.param])
    made.kind, made.container = request.param, name
    yield made
    made.child.close(force=True)


def see(shell, *texts):
    for text in texts:
        shell.child.expect(drawn(text))


def test_lines_run_in_the_container_and_host_steps_out(shell, cli):
    label = shell.container
    shell.line(f"enter {label}")
    see(shell, f"{label} / $ ")
    shell.line("cat /etc/hostname; echo in-$((40 + 2))")
    see(shell, "in-42", f"{label} / $ ")
    shell.line("cd /srv")
    see(shell, f"{label} /srv $ ")
    shell.line("pwd; ls -d m*")
    see(shell, "/srv\r\n", "my files", f"{label} /srv $ ")
    shell.line("host echo out-$HULL_ROOT")
    see(shell, f"out-{cli.root}", f"{label} /srv $ ")
    shell.line("echo abc | host tr b X")
    see(shell, "aXc", f"{label} /srv $ ")
    shell.line("sh -c 'exit 7'")
    see(shell, f"{label} /srv 7 $ ")
    shell.line("exit")
    see(shell, "ready> ")
    shell.line(
        "test -e /srv/'my files'; or echo ho''st" if shell.kind == "fish" else "test -e '/srv/my files' || echo ho''st"
    )
    see(shell, "host\r\n")
    assert cli("inspect", "-f", "{{.State.Status}}", label, check=True).stdout == b"running\n"


def test_tab_is_the_containers(shell):
    shell.line(f"enter {shell.container}")
    see(shell, f"{shell.container} / $ ")
    shell.child.send("ls /sr\t")
    see(shell, "ls /srv/")
    shell.child.send("\t")
    see(shell, "my\\ files/")
    shell.child.send("\x15")
    shell.child.send("wge\t")
    see(shell, "wget ")
    shell.child.send("\x15ls /\t")
    see(shell, "bin/", "srv/")
    shell.child.send("\x15exit\r")
    see(shell, "ready> ")
    shell.tab("hull vers", "hull version ")


def test_an_interrupt_ends_the_program_or_the_line_not_the_stay(shell):
    shell.line(f"enter {shell.container}")
    see(shell, f"{shell.container} / $ ")
    shell.line("echo go-$((1 + 1)); sleep 1000")
    see(shell, "go-2")
    shell.child.send("\x03")
    see(shell, f"{shell.container} / 130 $ ")
    shell.child.send("half a li")
    see(shell, "half a li")
    shell.child.send("\x03")
    see(shell, f"{shell.container} / 130 $ ")
    shell.line("echo a-$((1 + 1))")
    see(shell, "a-2", f"{shell.container} / $ ")
    shell.child.send("\x04")
    see(shell, "ready> ")


def test_an_image_is_a_container_for_the_stay(shell, cli):
    shell.line("enter --network none busybox")
    see(shell, "busybox / $ ")
    shell.line("echo id-$(hostname)-")
    shell.child.expect(r"id-([0-9a-f]{12})-")
    ident = shell.child.match.group(1)
    assert ident.encode() in cli("ps", "-q", check=True).stdout
    see(shell, "busybox / $ ")
    shell.line("exit")
    see(shell, "ready> ")
    until(lambda: ident.encode() not in cli("ps", "-aq", check=True).stdout, "the container to be gone")


def test_host_is_plain_and_a_missing_place_is_an_error(shell):
    shell.line("host echo pl''ain")
    see(shell, "plain\r\n", "ready> ")
    shell.line("enter --pull never no/such")
    see(shell, "cannot use the image no/such", "ready> ")
