"""`hull context`: the list, what is chosen, what is carried."""

import hashlib
import io
import json
import os
import pathlib
import stat
import tarfile

import pytest
from hull.contexts.context import parse
from hull.errors import UserError

from tests.commandline import CommandLine

PEM = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n"


@pytest.fixture
def hull(tmp_path: pathlib.Path) -> CommandLine:
    """Give a client without any context, Docker's own settings empty, too."""
    cli = CommandLine(f"{tmp_path}/s")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("DOCKER_", "HULL_"))}
    given = {**clean, "HULL_ROOT": cli.root, "DOCKER_CONFIG": f"{tmp_path}/docker"}
    cli.env = lambda **extra: {**given, **extra}  # type: ignore[method-assign]
    return cli


def lines(hull: CommandLine, *words: str, **options: object) -> list[str]:
    return hull(*words, check=True, **options).stdout.decode().splitlines()


def test_a_context_is_made_shown_changed_and_removed(hull: CommandLine) -> None:
    lines(hull, "context", "create", "box", "ssh://me@box:2222/opt/hull", "--description", "The big one")
    (path,) = pathlib.Path(hull.root, "config", "contexts").iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    (found,) = json.loads(hull("context", "inspect", "box", check=True).stdout)
    assert found["Endpoints"]["docker"]["Host"] == "ssh://me@box:2222/opt/hull"
    assert found["Hull"] == {"Kind": "hull", "Owner": "hull"}
    lines(hull, "context", "update", "box", "--docker", "host=ssh://box")
    (found,) = json.loads(hull("context", "inspect", "box", check=True).stdout)
    assert (found["Hull"]["Kind"], found["Metadata"]) == ("docker", {"Description": "The big one"})
    assert b"already exists" in hull("context", "create", "box", "unix:///x").stderr
    assert lines(hull, "context", "rm", "box") == ["box"]
    assert hull("context", "rm", "box").returncode == 125
    assert hull("context", "rm", "-f", "box").returncode == 0


def test_what_is_chosen_holds_below_the_variable_and_the_flag(hull: CommandLine) -> None:
    for name in ("one", "two", "three"):
        lines(hull, "context", "create", name, f"unix:///nonexistent/{name}")
    assert lines(hull, "context", "show") == ["default"]
    lines(hull, "context", "use", "one")
    assert lines(hull, "context", "show") == ["one"]
    assert b"context one at" in hull("ps").stderr
    assert b"context two at" in hull("ps", env=hull.env(HULL_CONTEXT="two")).stderr
    told = hull("context", "use", "one", env=hull.env(HULL_CONTEXT="two"), check=True)
    assert told.stdout == b"one\n"
    assert b"Warning: HULL_CONTEXT environment variable overrides the active context" in told.stderr
    assert hull("context", "use", "one", env=hull.env(HULL_CONTEXT="one"), check=True).stderr == b""
    for words in (("--context", "three", "ps"), ("ps", "--context=three"), ("-c", "three", "ps")):
        assert b"context three at" in hull(*words, env=hull.env(HULL_CONTEXT="two")).stderr
    assert hull("ps", "--context", "default").returncode == 0
    assert b"is in use" in hull("context", "rm", "one").stderr
    lines(hull, "context", "rm", "-f", "one")
    assert lines(hull, "context", "show") == ["default"]
    assert b"no such context: one" in hull("--context", "one", "ps").stderr


def test_ls_has_dockers_columns_and_says_who_does_not_answer(hull: CommandLine) -> None:
    lines(hull, "context", "create", "gone", "unix:///nonexistent/d.sock", "--description", "d")
    head, default, gone = lines(hull, "context", "ls")
    assert head.split() == ["NAME", "DESCRIPTION", "ENDPOINT", "ERROR"]
    assert default.startswith("default *")
    assert "cannot reach the context gone" in gone
    assert lines(hull, "context", "ls", "-q") == ["default", "gone"]
    shown = lines(hull, "context", "ls", "--format", "{{.Name}} {{.Current}} {{.DockerEndpoint}}")
    assert shown[1] == "gone false unix:///nonexistent/d.sock"


def test_dockers_contexts_are_used_and_not_changed(hull: CommandLine, tmp_path: pathlib.Path) -> None:
    place = tmp_path / "docker/contexts/meta" / hashlib.sha256(b"theirs").hexdigest()
    place.mkdir(parents=True)
    meta = {"Name": "theirs", "Metadata": {}, "Endpoints": {"docker": {"Host": "unix:///nonexistent/t"}}}
    (place / "meta.json").write_text(json.dumps(meta))
    assert lines(hull, "context", "ls", "-q") == ["default", "theirs"]
    assert b"at unix:///nonexistent/t" in hull("--context", "theirs", "ps").stderr
    assert b"it is Docker's" in hull("context", "rm", "theirs").stderr
    lines(hull, "context", "create", "theirs", "unix:///nonexistent/own")
    assert lines(hull, "context", "ls", "-q") == ["default", "theirs", "docker:theirs"]
    assert b"/own" in hull("--context", "theirs", "ps").stderr
    assert b"/t:" in hull("--context", "docker:theirs", "ps").stderr
    told = hull("context", "ls", "-q", env=hull.env(DOCKER_HOST="unix:///nonexistent/h"))
    assert b"docker:default" in told.stdout
    assert lines(hull, "context", "show", env=hull.env(DOCKER_HOST="unix:///nonexistent/h")) == ["default"]


def test_a_broken_one_is_told_and_hides_no_other(hull: CommandLine, tmp_path: pathlib.Path) -> None:
    for name in ("alas", "half", "kind"):
        lines(hull, "context", "create", name, f"unix:///nonexistent/{name}")
    kept = pathlib.Path(hull.root, "config/contexts")
    (kept / "half.json").write_text('{"host": "unix:')
    (kept / "kind.json").write_text('{"host": 7, "kind": "docker"}')
    theirs = tmp_path / "docker/contexts/meta/0123456789abcdef/meta.json"
    theirs.parent.mkdir(parents=True)
    theirs.write_text("{}")
    told = dict(line.split(None, 1) for line in lines(hull, "context", "ls", "--format", "{{.Name}} {{.Error}}")[1:])
    assert "cannot reach the context alas" in told["alas"]
    assert f"cannot read the context half: {kept}/half.json" in told["half"]
    assert "host is no str" in told["kind"]
    assert f"{theirs}: KeyError" in told["docker:0123456789ab"]
    done = hull("ps", "--all-contexts", "--format", "{{.Context}}")
    assert (done.returncode, b"cannot read the context half" in done.stderr) == (1, True)
    assert b"hull context rm -f half" in hull("context", "use", "half").stderr
    assert b"KeyError" in hull("--context", "docker:0123456789ab", "ps").stderr
    lines(hull, "context", "rm", "half")


def test_keys_go_with_their_context_and_are_never_shown(hull: CommandLine, tmp_path: pathlib.Path) -> None:
    for name in ("ca", "cert", "key"):
        (tmp_path / name).write_text(PEM + name)
    spelt = ",".join(f"{name}={tmp_path}/{name}" for name in ("ca", "cert", "key"))
    lines(hull, "context", "create", "tls", "--docker", f"host=tcp://127.0.0.1:1,{spelt}")
    shown = hull("context", "inspect", "tls", check=True).stdout
    assert b"BEGIN" not in shown
    assert json.loads(shown)[0]["TLSMaterial"] == {"docker": ["ca.pem", "cert.pem", "key.pem"]}
    lines(hull, "context", "export", "tls", f"{tmp_path}/tls.tar")
    assert stat.S_IMODE((tmp_path / "tls.tar").stat().st_mode) == 0o600
    with tarfile.open(tmp_path / "tls.tar") as tar:
        assert sorted(tar.getnames()) == ["meta.json", *(f"tls/docker/{n}.pem" for n in ("ca", "cert", "key"))]
    lines(hull, "context", "import", "again", f"{tmp_path}/tls.tar")
    first, again = (
        json.loads(pathlib.Path(hull.root, "config/contexts", f"{n}.json").read_text()) for n in ("tls", "again")
    )
    assert first == again
    assert (
        b"half of a pair" in hull("context", "create", "x2", "--docker", f"host=tcp://h:1,cert={tmp_path}/cert").stderr
    )


def test_what_is_no_context_is_not_imported(hull: CommandLine) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        tar.addfile(tarfile.TarInfo("meta.json"))
    for data in (b"", b"x" * 2000, out.getvalue()):
        done = hull("context", "import", "odd", "-", input=data)
        assert (done.returncode, b"no context is in it" in done.stderr) == (125, True), done.stderr


@pytest.mark.parametrize("name", ["default", "x", "a/b", "../up", "-c", "a b", ""])
def test_odd_names_are_refused(hull: CommandLine, name: str) -> None:
    assert hull("context", "create", "--", name, "unix:///x").returncode == 125
    assert not os.path.exists(f"{hull.root}/config/contexts")


@pytest.mark.parametrize(
    "address",
    ["", "box", "http://x", "ssh://", "ssh://-oProxyCommand=x", "ssh://-l@h", "unix://rel", "tcp://h", "tcp://h:0",
     "tcp://h:99999", "tcp://u@h:1", "ssh://h:x", "ssh://[::1", "ssh://a b", "ssh://h$(x)", "ssh://`x`", "ssh://a;b@h"],
)  # fmt: skip
def test_an_address_that_could_mean_something_else_is_refused(address: str) -> None:
    with pytest.raises(UserError, match="cannot use the address"):
        parse(address)


def test_addresses_have_parts() -> None:
    assert parse("ssh://me@box:22/opt/hull") == ("ssh", "box", 22, "me", "/opt/hull")
    assert parse("ssh://[fe80::1]:22") == ("ssh", "fe80::1", 22, "", "")
    assert parse("tcp://h:1") == ("tcp", "h", 1, "", "")
    assert parse("unix:///a/b") == ("unix", "", 0, "", "/a/b")


def test_a_verb_of_this_machine_takes_no_context(hull: CommandLine) -> None:
    lines(hull, "context", "create", "one", "unix:///nonexistent/one")
    assert b"it is about this machine" in hull("--context", "one", "init", "bash").stderr
    assert hull("init", "bash", env=hull.env(HULL_CONTEXT="one")).returncode == 0
