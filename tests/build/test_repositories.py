"""Git repositories: from real servers on this machine, by a git that is secluded, and what a hostile one cannot do."""

import http.server
import os
import shutil
import socket
import subprocess
import threading

import pytest
from hull import paths
from hull.builder import repositories, secluding
from hull.builder.granted import Granted
from hull.builder.secluding import Seclusion
from hull.builder.workshop import Workshop
from hull.dockerfile import git
from hull.dockerfile.contexts import Context, parse_remote
from hull.engine import Engine
from hull.errors import UserError

pytestmark = [pytest.mark.real, pytest.mark.needs("launcher", "userns", "program:git")]


@pytest.fixture
def shop(cli, tmp_path):
    """Give a build's place whose secrets are GIT_AUTH_TOKEN and PRIVATE."""
    (tmp_path / "token").write_text("t0ken\n")
    engine = Engine(paths.find({**os.environ, "HULL_ROOT": cli.root}))
    made = Workshop(engine, cache=False, granted=Granted((f"id=GIT_AUTH_TOKEN,src={tmp_path}/token",)))
    yield made
    made.close()
    engine.close()


@pytest.fixture
def fetch(shop):
    """Give the way to fetch a repository: its directory and its commit."""

    def found(word: str, **options) -> tuple[str, str]:
        context = parse_remote(word)
        assert context is not None
        place = f"{shop.directory}/fetched-{os.urandom(4).hex()}"
        os.mkdir(place, 0o700)
        if shop.owner:
            os.chown(place, *shop.owner)
        return repositories.fetch(shop, context, place, **options)

    return found


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
    (tmp_path / "srv").mkdir(exist_ok=True)
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


@pytest.mark.parametrize(
    ("ref", "content"),
    [("", "two"), ("#main", "two"), ("#v1", "one"), ("#old", "one"), ("?branch=old", "one"), ("?tag=v1", "one")],
)
def test_a_ref_is_checked_out(server, repository, fetch, ref, content):
    before = os.umask(0o077)
    try:
        place, commit = fetch(f"{server}/r{ref}")
    finally:
        os.umask(before)
    assert commit == run(repository, "rev-parse", ref.rpartition("#")[2].rpartition("=")[2] or "main")
    with open(f"{place}/sub/f") as file:
        assert file.read() == content
    assert not os.path.exists(f"{place}/.git")
    modes = [oct(os.stat(f"{place}/{name}").st_mode & 0o777) for name in ("sub", "sub/f")]
    assert modes == ["0o755", "0o644"], "the caller's umask decides nothing"


def test_a_commit_by_its_hash_or_the_start_of_it(server, repository, fetch):
    whole = run(repository, "rev-parse", "main~1")
    assert fetch(f"{server}/r#{whole}")[1] == whole
    place, commit = fetch(f"{server}/r#{whole[:9]}", keep=True)
    assert (commit, os.path.isdir(f"{place}/.git")) == (whole, True)
    assert fetch(f"{server}/r?commit={whole}&subdir=sub")[0].endswith("/sub")
    assert os.path.isdir(f"{fetch(f'{server}/r?ref=old&checksum={whole[:7]}&keep-git-dir=1')[0]}/.git")
    with pytest.raises(UserError, match="not 0123"):
        fetch(f"{server}/r?branch=main&commit=0123")


def test_what_is_not_there_is_told(server, repository, fetch):
    with pytest.raises(UserError, match="cannot find nothing in the repository"):
        fetch(f"{server}/r#nothing")
    with pytest.raises(UserError, match="cannot fetch: git fetch"):
        fetch(f"{server}/none")


def test_the_contexts_directory_stays_in_the_repository(server, repository, fetch):
    place, _ = fetch(f"{server}/r")
    assert git.resolve(Context("git", "r", "", "sub"), place) == f"{os.path.realpath(place)}/sub"
    with pytest.raises(UserError, match="leads out of"):
        fetch(f"{server}/r#:out")
    with pytest.raises(UserError, match="no directory"):
        fetch(f"{server}/r#:none")


def test_nothing_of_the_callers_git_counts(server, repository, fetch, tmp_path, monkeypatch):
    """Neither configuration, hooks, helpers, templates nor another repository: each would leave `ran`."""
    home = tmp_path / "home"
    home.mkdir(mode=0o755)
    evil = tmp_path / "evil"
    evil.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\nexit 1\n")
    evil.chmod(0o755)
    for name in ("hooks", "template/hooks"):
        (tmp_path / name).mkdir(parents=True)
        shutil.copy(evil, tmp_path / name / "post-checkout")
    (home / ".gitconfig").write_text(
        f"[core]\n\thooksPath = {tmp_path}/hooks\n\tsshCommand = {evil}\n\tgitProxy = {evil}\n\tfsmonitor = {evil}\n"
        f'[init]\n\ttemplateDir = {tmp_path}/template\n[url "{tmp_path}/"]\n\tinsteadOf = {server}/\n'
        f'[credential]\n\thelper = "!{evil}"\n[filter "x"]\n\tsmudge = {evil}\n'
    )
    (repository / ".gitattributes").write_text("* filter=x\n")
    run(repository, "add", ".")
    run(repository, "commit", "-q", "-m", "filter")
    run(tmp_path, "init", "-q", "other")
    for name, value in (
        ("HOME", home), ("GIT_DIR", tmp_path / "other" / ".git"), ("GIT_SSH_COMMAND", evil),
        ("GIT_EXEC_PATH", tmp_path), ("GIT_TEMPLATE_DIR", tmp_path / "template"),
        ("GIT_PROXY_COMMAND", evil), ("XDG_CONFIG_HOME", home),
    ):  # fmt: skip
        monkeypatch.setenv(name, str(value))
    assert os.path.exists(f"{fetch(f'{server}/r')[0]}/sub/f")
    with pytest.raises(UserError):
        fetch("git@localhost.invalid:r.git", asked=True)
    monkeypatch.delenv("GIT_DIR")
    monkeypatch.delenv("GIT_EXEC_PATH")
    assert run(tmp_path / "other", "remote") == ""
    assert not (tmp_path / "ran").exists()


def submodule(repository, module, *lines: str, name: str = "s") -> None:
    """Commit a submodule that .gitmodules describes so."""
    commit = run(module[0], "rev-parse", "HEAD")
    text = "".join(f"\t{line}\n" for line in lines)
    (repository / ".gitmodules").write_text(f'[submodule "{name}"]\n{text}')
    run(repository, "add", ".gitmodules")
    run(repository, "update-index", "--add", "--cacheinfo", f"160000,{commit},s")
    run(repository, "commit", "-q", "-m", "submodule")


@pytest.fixture
def module(tmp_path, server):
    """Give a repository to be a submodule, with its address."""
    place = tmp_path / "srv" / "m"
    run(tmp_path / "srv", "init", "-q", "-b", "main", "m")
    (place / "inside").write_text("x")
    run(place, "add", ".")
    run(place, "commit", "-q", "-m", "m")
    return place, f"{server}/m"


@pytest.mark.parametrize("url", ["ext::sh -c touch% {place}/ran", "file://{place}/srv/m", "{place}/srv/m", "-u./x"])
def test_a_submodule_reaches_nothing_of_this_host(repository, module, fetch, url):
    place = repository.parent.parent
    submodule(repository, module, "path = s", f"url = {url.format(place=place)}")
    with pytest.raises(UserError, match="git submodule"):
        fetch(module[1].replace("/m", "/r"))
    assert not (place / "ran").exists()


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("s", ("path = s", "update = !touch {place}/ran")),
        ("../../s", ("path = s",)),
        ("s", ("path = s", "fetchRecurseSubmodules = true", "ignore = all", "update = checkout\n\tshallow = true")),
        ("s", ("path = .git/hooks",)),
    ],
)
def test_a_submodule_configures_nothing(repository, module, fetch, name, lines):
    place = repository.parent.parent
    submodule(repository, module, f"url = {module[1]}", *(line.format(place=place) for line in lines), name=name)
    try:
        fetch(module[1].replace("/m", "/r"))
    except UserError as error:
        assert "git" in error.message  # noqa: PT017 (fetched or refused, both are right)
    assert not (place / "ran").exists()


def test_a_submodule_is_fetched_unless_not_wanted(repository, module, server, fetch):
    submodule(repository, module, "path = s", f"url = {module[1]}")
    place, _ = fetch(f"{server}/r")
    with open(f"{place}/s/inside") as file:
        assert file.read() == "x"
    assert not os.path.exists(f"{place}/s/.git")
    assert os.listdir(f"{fetch(f'{server}/r?submodules=false')[0]}/s") == []


PROBE = """
cat {home}/key && echo READ-HOME
cat /proc/*/environ | tr '\\0' '\\n' | grep hunter-[t]hree && echo READ-ENVIRON
ls -d /proc/{pid} && echo SEES-PROCESSES
kill -0 {pid} && echo REACHES-PROCESSES
for f in {home}/new /new /usr/new /etc/new /run/new {root}/new; do touch $f && echo WROTE-$f; done
unshare -r true && echo MADE-NAMESPACE
python3 -c 'import socket; socket.socket(socket.AF_UNIX).connect("\\0{name}")' && echo REACHED-ABSTRACT
python3 -c 'import socket; socket.socket(socket.AF_UNIX).connect("{home}/sock")' && echo REACHED-SOCKET
grep -q 'NoNewPrivs:.1' /proc/self/status || echo GAINS-PRIVILEGES
grep -q 'CapBnd:.0000000000000000' /proc/self/status || echo HAS-CAPABILITIES
grep -q 'Seccomp:.2' /proc/self/status || echo HAS-NO-FILTER
for d in /root /var /opt /srv /mnt /sys; do ls -d $d && echo SEES-$d; done
echo payload > /work/left
echo end
"""


def test_cve_2026_44517_what_runs_in_git_reaches_nothing(shop, cli, tmp_path, monkeypatch):
    """A repository that makes git run a program (here: an alias does) gets the checkout, and nothing else."""
    monkeypatch.setenv("HUSH", "hunter-three")
    home = tmp_path / "home"
    home.mkdir()
    home.chmod(0o777)
    (home / "key").write_text("private")
    place = f"{shop.directory}/attacked"
    os.mkdir(place)
    if shop.owner:
        os.chown(place, *shop.owner)
    name = f"hull-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX) as abstract, socket.socket(socket.AF_UNIX) as other:
        abstract.bind(f"\0{name}")
        other.bind(f"{home}/sock")
        os.chmod(home / "sock", 0o777)
        for one in (abstract, other):
            one.listen()
        script = PROBE.format(home=home, pid=os.getpid(), name=name, root=cli.root)
        alias = f"alias.x=!{script}"
        done = secluding.run(shop, Seclusion(place), ["git", "-c", alias, "x"], {"PATH": "/usr/bin:/bin"}, 30)
    assert done.output.decode().split() == ["end"], done.errors.decode()
    assert os.listdir(place) == ["left"]
    assert sorted(os.listdir(home)) == ["key", "sock"]


def test_a_git_that_does_not_end_is_ended(shop):
    place = f"{shop.directory}/slow"
    os.mkdir(place)
    with pytest.raises(UserError, match="more than 1 s"):
        secluding.run(shop, Seclusion(place), ["sh", "-c", "sleep 871.5 & exec sleep 871.5"], {"PATH": "/bin"}, 1)
    assert subprocess.run(["pgrep", "-xf", "sleep 871.5"], check=False, capture_output=True).returncode == 1


class Recorder(http.server.BaseHTTPRequestHandler):
    """Answers with a redirect where its server has one, else 404; notes who sent what."""

    def do_GET(self) -> None:
        self.server.seen.append(self.headers.get("Authorization"))
        to = self.server.to
        self.send_response(302 if to else 404)
        if to:
            self.send_header("Location", f"{to}{self.path}")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *words: object) -> None:
        """Say nothing."""


@pytest.fixture
def recorders():
    """Give two servers; the first sends elsewhere."""
    servers = [http.server.ThreadingHTTPServer(("127.0.0.1", 0), Recorder) for _ in range(2)]
    for one in servers:
        one.seen, one.to = [], ""
        threading.Thread(target=one.serve_forever).start()
    servers[0].to = f"http://127.0.0.1:{servers[1].server_port}"
    yield servers
    for one in servers:
        one.shutdown()
        one.server_close()


def test_a_token_goes_to_its_host_only(recorders, fetch):
    first, second = recorders
    with pytest.raises(UserError, match="cannot fetch"):
        fetch(f"http://127.0.0.1:{first.server_port}/r.git")
    assert set(first.seen) == {"basic eC1hY2Nlc3MtdG9rZW46dDBrZW4="}
    assert second.seen
    assert set(second.seen) == {None}
