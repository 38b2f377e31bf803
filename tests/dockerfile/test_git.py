"""A git repository as a context: from a real server on this machine."""

import os
import shutil
import socket
import subprocess

import pytest
from hull.dockerfile import git
from hull.dockerfile.contexts import Context, parse_remote
from hull.errors import UserError

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


def run(place, *words: str) -> str:
    env = {
        **os.environ,
        **{f"GIT_{who}_{what}": "a@b" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
    }
    return subprocess.run(
        ["git", *words], cwd=place, env=env, check=True, capture_output=True, text=True
    ).stdout.strip()


@pytest.fixture
def server(tmp_path):
    """Serve tmp_path/srv by git's own protocol; give its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (tmp_path / "srv").mkdir()
    argv = ["git", "daemon", f"--base-path={tmp_path}/srv", "--export-all", "--listen=127.0.0.1", f"--port={port}"]
    daemon = subprocess.Popen([*argv, "--verbose", "--reuseaddr"], stderr=subprocess.PIPE)
    assert daemon.stderr is not None
    if b"Ready" not in daemon.stderr.readline():
        daemon.kill()
        daemon.wait()
        pytest.skip("git daemon does not start here")
    yield f"git://127.0.0.1:{port}"
    daemon.kill()
    daemon.wait()
    daemon.stderr.close()


@pytest.fixture
def repository(tmp_path):
    """Give a repository with two commits, a tag, a branch and a link out of it."""
    place = tmp_path / "srv" / "r"
    place.mkdir(parents=True, exist_ok=True)
    run(place, "init", "-q", "-b", "main")
    (place / "sub").mkdir()
    (place / "sub" / "f").write_text("one")
    os.symlink("/etc", place / "out")
    run(place, "add", ".")
    run(place, "commit", "-q", "-m", "one")
    run(place, "tag", "v1")
    run(place, "branch", "old")
    (place / "sub" / "f").write_text("two")
    run(place, "commit", "-q", "-a", "-m", "two")
    return place


def fetch(word: str, place, **options) -> str:
    context = parse_remote(word)
    assert context is not None
    place.mkdir()
    return git.checkout(context, str(place), **options)


@pytest.mark.parametrize(("ref", "content"), [("", "two"), ("#main", "two"), ("#v1", "one"), ("#old", "one")])
def test_a_ref_is_checked_out(server, repository, tmp_path, ref, content):
    commit = fetch(f"{server}/r{ref}", tmp_path / "out")
    assert commit == run(repository, "rev-parse", ref[1:] or "main")
    assert (tmp_path / "out" / "sub" / "f").read_text() == content
    assert not (tmp_path / "out" / ".git").exists()


def test_a_commit_by_its_hash_or_the_start_of_it(server, repository, tmp_path):
    whole = run(repository, "rev-parse", "main~1")
    assert fetch(f"{server}/r#{whole}", tmp_path / "a") == whole
    assert fetch(f"{server}/r#{whole[:9]}", tmp_path / "b", keep_git=True) == whole
    assert (tmp_path / "b" / ".git").is_dir()


def test_what_is_not_there_is_told(server, repository, tmp_path):
    with pytest.raises(UserError, match="cannot find nothing in the repository"):
        fetch(f"{server}/r#nothing", tmp_path / "a")
    with pytest.raises(UserError, match="cannot fetch: git fetch"):
        fetch(f"{server}/none", tmp_path / "b")


def test_the_contexts_directory_stays_in_the_repository(server, repository, tmp_path):
    fetch(f"{server}/r", tmp_path / "a")
    assert git.resolve(Context("git", "r", "", "sub"), str(tmp_path / "a")) == str(tmp_path / "a" / "sub")
    with pytest.raises(UserError, match="leads out of"):
        git.resolve(Context("git", "r", "", "out"), str(tmp_path / "a"))
    with pytest.raises(UserError, match="no directory"):
        git.resolve(Context("git", "r", "", "none"), str(tmp_path / "a"))


def test_no_hook_runs(server, repository, tmp_path, monkeypatch):
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    (hooks / "post-checkout").write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    (hooks / "post-checkout").chmod(0o755)
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / ".gitconfig").write_text(f"[core]\n\thooksPath = {hooks}\n")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    fetch(f"{server}/r", tmp_path / "a")
    assert not (tmp_path / "ran").exists()


def test_another_repository_of_the_callers_is_left_alone(server, repository, tmp_path, monkeypatch):
    run(tmp_path, "init", "-q", "other")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "other" / ".git"))
    fetch(f"{server}/r", tmp_path / "a")
    assert (tmp_path / "a" / "sub" / "f").exists()
    monkeypatch.delenv("GIT_DIR")
    assert run(tmp_path / "other", "remote") == ""


@pytest.mark.parametrize("url", ["ext::sh -c touch% {place}/ran", "file://{place}/secret", "/{place}/secret"])
def test_a_submodule_reaches_nothing_of_this_host(server, repository, tmp_path, url):
    run(tmp_path, "init", "-q", "-b", "main", "secret")
    run(tmp_path / "secret", "commit", "-q", "--allow-empty", "-m", "x")
    commit = run(tmp_path / "secret", "rev-parse", "HEAD")
    place = url.format(place=tmp_path)
    (repository / ".gitmodules").write_text(f'[submodule "s"]\n\tpath = s\n\turl = {place}\n')
    run(repository, "add", ".gitmodules")
    run(repository, "update-index", "--add", "--cacheinfo", f"160000,{commit},s")
    run(repository, "commit", "-q", "-m", "submodule")
    with pytest.raises(UserError, match="git submodule"):
        fetch(f"{server}/r", tmp_path / "a")
    assert not (tmp_path / "ran").exists()


def test_a_submodule_is_fetched(server, repository, tmp_path):
    module = tmp_path / "srv" / "m"
    run(tmp_path / "srv", "init", "-q", "-b", "main", "m")
    (module / "inside").write_text("x")
    run(module, "add", ".")
    run(module, "commit", "-q", "-m", "m")
    (repository / ".gitmodules").write_text(f'[submodule "s"]\n\tpath = s\n\turl = {server}/m\n')
    run(repository, "add", ".gitmodules")
    run(repository, "update-index", "--add", "--cacheinfo", f"160000,{run(module, 'rev-parse', 'HEAD')},s")
    run(repository, "commit", "-q", "-m", "submodule")
    fetch(f"{server}/r", tmp_path / "a")
    assert (tmp_path / "a" / "s" / "inside").read_text() == "x"
    assert not (tmp_path / "a" / "s" / ".git").exists()
