"""What a try hides stays hidden from its root, by whatever path, and is there on the host afterwards."""

import os
import pathlib
import shutil
import sys
import tempfile
from collections.abc import Iterator

import pytest

from tests.capabilities import missing
from tests.commandline import CommandLine, Done

UNCOVER = os.path.join(os.path.dirname(__file__), "uncover.py")
SECRETS = (".ssh/id", ".netrc", ".config/gh/hosts.yml", "dotfiles/key", "vault/aws/credentials", "cfg/k8s")


class Home:
    """A home directory with secrets, also behind links and under variables, and tries in it."""

    def __init__(self, cli: CommandLine, path: str) -> None:
        self.cli, self.path = cli, path
        for name in SECRETS:
            os.makedirs(os.path.dirname(f"{path}/{name}"), exist_ok=True)
            with open(f"{path}/{name}", "w") as file:
                file.write("KEY\n")
        os.symlink(f"{path}/dotfiles/key", f"{path}/.ssh/linked")
        os.symlink("vault/aws", f"{path}/.aws")
        with open(f"{path}/other", "w") as file:
            file.write("other\n")

    def __call__(self, *words: str, **environ: str) -> Done:
        """Run `hull try --rm WORDS…` in this home."""
        env = self.cli.env(HOME=self.path, KUBECONFIG=f"{self.path}/cfg/k8s", PYTHONDONTWRITEBYTECODE="1", **environ)
        return self.cli("try", "--rm", *words, env=env, cwd=self.path)

    def assert_untouched(self) -> None:
        """Fail if a secret is not what it was."""
        for name in SECRETS:
            assert pathlib.Path(self.path, name).read_text() == "KEY\n", name
        assert os.path.islink(f"{self.path}/.aws")


@pytest.fixture
def home(cli: CommandLine) -> Iterator[Home]:
    path = tempfile.mkdtemp(prefix="hull-home-")
    os.chmod(path, 0o755)
    yield Home(cli, path)
    shutil.rmtree(path)


def _kinds() -> list[object]:
    kinds = {"fuse": ("fuse",), "kernel": ("ordinary",), "agent": ("fuse", "range", "ordinary")}
    words = {"fuse": ("--engine=fuse",), "kernel": ("--engine=kernel",), "agent": ("--profile=agent",)}
    return [pytest.param(words[kind], id=kind, marks=pytest.mark.needs(*kinds[kind])) for kind in kinds]


@pytest.mark.parametrize("words", _kinds())
def test_its_root_cannot_uncover_a_secret(home: Home, words: tuple[str, ...]) -> None:
    runtime = f"/run/user/{os.geteuid() if words == ('--profile=agent',) else 0}"
    names = (".ssh", ".netrc", ".config/gh", "dotfiles/key", "vault/aws", "cfg/k8s", ".aws", ".ssh/linked")
    done = home(*words, "--", sys.executable, UNCOVER, runtime, *(f"{home.path}/{name}" for name in names))
    assert done.returncode == 0, done
    assert done.stdout.decode().split() == [os.path.basename(name) for name in names], done
    home.assert_untouched()


@pytest.mark.needs("fuse")
def test_without_hiding_the_same_script_sees_them(home: Home) -> None:
    done = home("--show", home.path, "--", sys.executable, UNCOVER, "/run/user/0", f"{home.path}/.ssh")
    assert b"at once" in done.stdout, done
    home.assert_untouched()


@pytest.mark.needs("fuse")
def test_show_takes_one_back_and_hide_adds_one(home: Home) -> None:
    script = "cat .ssh/id .netrc other; echo more >> .ssh/id; cat .ssh/id"
    done = home("--show", ".ssh", "--hide", "other", "--", "sh", "-c", script)
    assert done.stdout == b"KEY\nKEY\nmore\n", done
    done = home("--show", ".ssh/id", "--", "sh", "-c", "cat .ssh/id; ls -A .ssh; echo more >> .ssh/id")
    assert done.stdout == b"KEY\nid\n", done
    assert b"cannot create" in done.stderr
    home.assert_untouched()


@pytest.mark.needs("fuse")
def test_files_are_read_only_and_what_is_written_into_directories_is_not_kept(home: Home) -> None:
    script = "echo x > .ssh/known_hosts && cat .ssh/known_hosts; echo x > .netrc"
    done = home("--", "sh", "-c", script)
    assert done.stdout == b"x\n", done
    assert b"Read-only" in done.stderr
    assert not os.path.exists(f"{home.path}/.ssh/known_hosts")
    home.assert_untouched()


@pytest.mark.needs("root", "fuse")
def test_a_home_that_is_mounted_elsewhere_hides_its_secrets_there_too(home: Home) -> None:
    import subprocess

    other = tempfile.mkdtemp(prefix="hull-other-")
    os.chmod(other, 0o755)
    subprocess.run(["mount", "--bind", home.path, other], check=True)
    try:
        done = home("--", "cat", f"{other}/.ssh/id", f"{other}/.netrc", f"{other}/other")
    finally:
        subprocess.run(["umount", other], check=True)
        os.rmdir(other)
    assert done.stdout == b"other\n", done


@pytest.mark.needs("fuse")
def test_strict_sees_nothing_of_home_but_the_working_directory(home: Home) -> None:
    os.makedirs(f"{home.path}/src/mine")
    pathlib.Path(home.path, "src/mine/file").write_text("mine\n")
    pathlib.Path(home.path, "src/yours").write_text("yours\n")
    script = "cat file; cat ../yours ../../other; echo new > file; cat file"
    done = home("--profile=strict", "-w", f"{home.path}/src/mine", "--", "sh", "-c", script)
    if missing("range") and os.geteuid():
        pytest.skip("needs range: keep-id")
    assert done.stdout == b"mine\nnew\n", done


@pytest.mark.needs("fuse", "range")
def test_what_runs_later_is_changed_inside_alone(home: Home) -> None:
    pathlib.Path(home.path, ".bashrc").write_text("host\n")
    system = ("/etc/ld.so.preload", "/etc/cron.d/hull-try", "/etc/profile.d/hull-try.sh", "/usr/bin/hull-try")
    places = (*system, "/var/spool/cron/crontabs/hull-try", "/etc/passwd", f"{home.path}/.bashrc")
    before = [_state(path) for path in places]
    script = "for f; do mkdir -p ${f%/*}; echo evil >> $f || echo no $f; tail -n1 $f; done"
    done = home("--", "sh", "-c", f"{script}; :> /etc/ld.so.preload", "sh", *places)
    assert done.stdout == b"evil\n" * len(places), done
    assert [_state(path) for path in places] == before


def _state(path: str) -> object:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mode, found.st_mtime_ns


@pytest.mark.needs("fuse")
def test_variables_that_lead_out_or_hold_secrets_are_dropped(home: Home) -> None:
    environ = {"MY_TOKEN": "KEY", "A_TOKEN": "kept", "TMUX": "/x,1,0", "LD_PRELOAD": "", "PLAIN": "kept"}
    done = home("-e", "A_TOKEN", "-e", "B_TOKEN=set", "--", "env", **environ)
    lines = dict(line.split("=", 1) for line in done.stdout.decode().splitlines())
    assert {name: lines.get(name) for name in ("MY_TOKEN", "TMUX", "KUBECONFIG", "HULL_ROOT")} == dict.fromkeys(
        ("MY_TOKEN", "TMUX", "KUBECONFIG", "HULL_ROOT")
    )
    assert (lines["A_TOKEN"], lines["B_TOKEN"], lines["PLAIN"]) == ("kept", "set", "kept")
    assert lines["PATH"] == os.environ["PATH"]


@pytest.mark.needs("fuse")
def test_the_number_of_processes_is_bounded(home: Home) -> None:
    script = "import os\nfor n in range(99):\n    if os.fork() == 0:\n        import signal; signal.pause()\n"
    done = home("--ulimit", "nproc=40", "--", sys.executable, "-c", script)
    assert b"BlockingIOError" in done.stderr, done
    limit = "import resource; print(resource.getrlimit(resource.RLIMIT_NPROC))"
    assert home("--", sys.executable, "-c", limit).stdout == b"(4096, 4096)\n"
