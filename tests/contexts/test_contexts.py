"""Where a context leads, and by which words: addresses, Docker's own list, ssh's command line."""

import io
import pathlib
from types import SimpleNamespace

import pytest
from hull.commands import context as verb
from hull.contexts import dialling, dockers, ssh
from hull.contexts.client import Client
from hull.contexts.context import DOCKER, HULL, Context, Host, parse
from hull.errors import HostError, UserError


def fake_ssh(tmp_path: pathlib.Path, script: str, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    """Put an ssh of the test's own first in the PATH; it notes its words."""
    made = tmp_path / "bin" / "ssh"
    made.parent.mkdir()
    made.write_text(f'#!/bin/sh\necho "$*" >>{tmp_path}/said\n{script}\n')
    made.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:/usr/bin:/bin")
    return tmp_path / "said"


@pytest.mark.parametrize("timeout", [None, 5.0])
@pytest.mark.parametrize(
    ("context", "remote"),
    [
        (Context("c", "ssh://far", DOCKER), "docker system dial-stdio"),
        (Context("c", "ssh://far/run/d.sock", DOCKER), "docker --host unix:///run/d.sock system dial-stdio"),
        (Context("c", "ssh://far", HULL), "hull serve --stdio"),
        (Context("c", "ssh://far/opt/hull", HULL), "/opt/hull serve --stdio"),
    ],
)
def test_ssh_is_told_what_to_start_and_is_out_of_reach_of_ctrl_c(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, context: Context, remote: str, timeout: float | None
) -> None:
    said = fake_ssh(tmp_path, 'case "$*" in *dial-stdio|*--stdio) ps -o pgid= -p $$; esac', monkeypatch)
    monkeypatch.setattr("hull.contexts.ssh.LONGEST", 400)
    dialled = dialling.dial(context, str(tmp_path), timeout)
    assert dialled.process is not None
    assert int(dialled.sock.recv(100)) == dialled.process.pid
    dialled.close()
    assert said.read_text().splitlines()[-1].endswith(f"-- far {remote}")


@pytest.mark.parametrize("name", ["run", "run/ssh"])
def test_a_connection_is_kept_nowhere_that_others_can_change(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr("hull.contexts.ssh.LONGEST", 400)
    place = tmp_path / name
    place.mkdir(parents=True)
    place.chmod(0o777)
    with pytest.raises(HostError, match=f"cannot use {place}: it is not yours alone"):
        ssh.argv(Host("ssh", "far"), f"{tmp_path}/run")


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("echo 'sh: 1: docker: not found' >&2; exit 127", "docker is not there, or not in its PATH"),
        ("echo 'no such identity: /k: No such file or directory' >&2\necho 'me@far: Permission denied' >&2; exit 255",
         "cannot reach the context c: me@far: Permission denied"),
    ],
)  # fmt: skip
def test_what_is_missing_there_is_told_from_what_ssh_lacks(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, script: str, told: str
) -> None:
    fake_ssh(tmp_path, script, monkeypatch)
    with pytest.raises(HostError, match=told):
        Client(Context("c", "ssh://far", DOCKER), str(tmp_path), 5.0).version()


@pytest.mark.parametrize("path", ["/a;reboot", "/a$(reboot)", "/a`b`", "/a|b", "/a'b", "/a&b", "/~/x", "/a\\b"])
def test_a_path_that_a_shell_reads_more_into_is_refused(path: str) -> None:
    with pytest.raises(UserError, match="a shell at the other end"):
        parse(f"ssh://host{path}")


def test_a_sockets_path_goes_to_no_shell() -> None:
    assert parse("unix:///a;b") == Host("unix", path="/a;b")
    assert parse("ssh://h/opt/my_hull-1.0/bin/hull").path == "/opt/my_hull-1.0/bin/hull"


def test_dockers_demand_for_tls_is_kept(tmp_path: pathlib.Path) -> None:
    asked = {"DOCKER_HOST": "tcp://lab:2376", "DOCKER_TLS_VERIFY": "1", "DOCKER_CONFIG": str(tmp_path)}
    (found,) = dockers.all_(asked)
    assert found.secure
    assert not found.ca
    (tmp_path / "ca.pem").write_text("CA")
    assert dockers.all_(asked)[0].ca == "CA"
    (plain,) = dockers.all_({**asked, "DOCKER_TLS_VERIFY": ""})
    assert not plain.secure
    (unix,) = dockers.all_({**asked, "DOCKER_HOST": "unix:///s"})
    assert not unix.secure


def test_force_hides_nothing_but_what_is_not_there(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HULL_ROOT", str(tmp_path))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.setenv("DOCKER_HOST", "tcp://lab:2375")
    assert verb.context(None, "rm", ("nosuch",), force=True) == []
    with pytest.raises(UserError, match="it is Docker's"):
        verb.context(None, "rm", ("docker:default",), force=True)
    with pytest.raises(UserError, match="it is this machine"):
        verb.context(None, "rm", ("default",), force=True)


def test_an_import_leaves_standard_input_open(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HULL_ROOT", str(tmp_path))
    given = io.BytesIO(b"no tar")
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=given))
    with pytest.raises(UserError, match="no context is in it"):
        verb.context(None, "import", ("name", "-"))
    assert not given.closed
    assert not list(tmp_path.iterdir())
