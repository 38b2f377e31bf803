"""hull keep, undo and redo as an ordinary user types them: what is asked, what is left to root, what comes back."""

import os

import pytest

from tests.commands.tries import Tries

pytestmark = [
    pytest.mark.needs("launcher", "userns", "fuse", "ordinary"),
]
CHANGE = """
echo new >>text; echo 'alias ls=x' >.bashrc; rm gone; ln text other
echo 'hull-kept:!:1::::::' >>/etc/shadow; echo from-hull >/etc/hull-kept; chmod 640 /etc/hull-kept
mkdir -p /opt/hull-kept/deep; mkfifo /opt/hull-kept/deep/pipe
"""
APPLY = """
set -e
mkdir parcel; tar -xzf root.tar.gz -C parcel; test ! -e /etc/hull-kept
sh parcel/apply.sh
stat -c '%a %U' /etc/hull-kept; tail -n 1 /etc/shadow; test -p /opt/hull-kept/deep/pipe
sh parcel/apply.sh --undo
for path in /etc/hull-kept /opt/hull-kept /var/lib/hull-parcels; do test ! -e $path; done
test -z "$(grep hull-kept: /etc/shadow)"
"""


def said(tries: Tries, *words: str) -> str:
    return tries.hull(*words, check=True).stdout.decode()


def refused(tries: Tries, *words: str) -> str:
    done = tries.hull(*words)
    assert (done.returncode, done.stdout) == (125, b"")
    return done.stderr.decode()


@pytest.mark.needs("range")
def test_from_the_first_refusal_to_the_last_undo(tries: Tries) -> None:
    for name in ("text", "gone"):
        (tries.home / name).write_text("old\n")
    if os.access("/etc/shadow", os.R_OK):
        pytest.skip("needs an /etc/shadow that the caller may not read")
    tries("--name", "kept", "--engine", "fuse", "sh", "-c", CHANGE, check=True)
    asked = refused(tries, "keep", "kept")
    assert "/etc/shadow': its directory is not yours" in asked
    assert "--for-root FILE.tar.gz" in asked
    asked = refused(tries, "keep", "kept", "--own")
    assert "start-up" in asked
    assert "gone" not in asked
    kept = said(tries, "keep", "kept", "--own", "--trust", "~/.bashrc")
    ident = kept.split(":")[0]
    assert "need root were left out" in kept
    assert (tries.home / "text").read_text() == "old\nnew\n"
    assert (tries.home / "text").samefile(tries.home / "other")
    written = said(tries, "keep", "kept", "--for-root", "root.tar.gz")
    assert "let root run" in written
    assert (tries.home / "root.tar.gz").stat().st_mode & 0o777 == 0o600
    assert "it is there" in refused(tries, "keep", "kept", "--for-root", "root.tar.gz")
    shown = tries.out("--engine", "fuse", "--rm", "sh", "-c", APPLY).splitlines()
    assert shown[1:3] == ["640 root", "hull-kept:!:1::::::"]
    assert shown[-1] == "apply.sh: undone"
    assert "undone" in said(tries, "undo", ident)
    assert sorted(os.listdir(tries.home)) == ["gone", "root.tar.gz", "text"]
    assert (tries.home / "text").read_text() == "old\n"
    assert "is undone already" in refused(tries, "undo", ident)
    assert "it is one keep" in refused(tries, "undo", ident, "2")
    assert "it is one keep" in refused(tries, "undo", ident, "--no-restart")
    assert ident in said(tries, "undo", "--list")
    said(tries, "redo", ident)
    (tries.home / "text").write_text("somebody\n")
    assert f"hull undo {ident} --force" in refused(tries, "undo", ident)
    said(tries, "undo", ident, "--force", "./text", "--force", "./other")
    assert (tries.home / "text").read_text() == "old\n"


def test_a_path_that_is_none_and_a_try_that_runs(tries: Tries) -> None:
    tries("--name", "one", "sh", "-c", "echo x >here", check=True)
    for flags in (("--drop",), ("--for-root", "x.tar.gz")):
        assert f"cannot use --pick with {flags[0]}" in refused(tries, "keep", "one", "--pick", *flags)
    assert "it is no path" in refused(tries, "keep", "one", "here")
    assert "the try did not change it" in refused(tries, "keep", "one", "./nowhere")
    assert "k99" in refused(tries, "undo", "k99")
    assert "kept 1 added" in said(tries, "keep", "one", "./here", "--drop")
    assert "one" not in tries.names()
