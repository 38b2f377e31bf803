"""What a try does not see: the table's paths, by every way that leads to them, and not a path more."""

import os
import pathlib

import pytest
from hull.model import Trial
from hull.storage.trialmounts import Mounted
from hull.trials import aliases, secrets
from hull.trials.environment import Around
from hull.trials.secrets_table import SECRETS

VARIABLES = {"GNUPGHOME", "KUBECONFIG", "AWS_SHARED_CREDENTIALS_FILE", "DOCKER_CONFIG", "PGPASSFILE", "HISTFILE"}


class Home:
    """A home directory with secrets in it, and the question what of it is hidden."""

    def __init__(self, path: pathlib.Path) -> None:
        self.path = path
        path.mkdir(parents=True)

    def file(self, name: str, text: str = "secret") -> str:
        """Make a file."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return str(path)

    def around(self, work: str = "", **environ: str) -> Around:
        """Return this home's surroundings; `work` is below it."""
        return Around(environ, str(self.path), str(self.path / work))

    def hidden(self, trial: Trial | None = None, work: str = "", home: bool = True, **environ: str) -> list[str]:
        """Return the hidden paths below the place of the test."""
        found = secrets.hidden(trial or Trial(), self.around(work, **environ), home=home)
        return [one.path for one in found if one.path.startswith(str(self.path.parent))]


@pytest.fixture
def home(tmp_path: pathlib.Path) -> Home:
    return Home(tmp_path / "home")


def test_only_what_is_there_is_hidden_files_and_directories(home: Home) -> None:
    key, netrc = home.file(".ssh/id"), home.file(".netrc")
    home.file("letter")
    assert home.hidden() == [netrc, os.path.dirname(key)]
    kinds = {one.path: (one.group, one.directory) for one in secrets.hidden(Trial(), home.around())}
    assert kinds[netrc] == ("tokens", False)
    assert kinds[os.path.dirname(key)] == ("keys", True)


def test_every_group_has_a_path_that_is_found(home: Home) -> None:
    for secret in SECRETS:
        for word in secret.paths:
            assert word.startswith(("~/", "$", "/")), word
            assert ".." not in word
    names = [word for secret in SECRETS for word in secret.paths]
    assert len(names) == len(set(names))
    assert {f"${name}" for name in VARIABLES} <= set(names)


def test_a_link_is_hidden_where_it_leads(home: Home) -> None:
    key = home.file("vault/keys/id")
    os.symlink(os.path.dirname(key), home.path / ".ssh")
    assert home.hidden() == [os.path.dirname(key)]


def test_a_key_among_dotfiles_is_hidden_with_the_directory_that_links_to_it(home: Home) -> None:
    key, other = home.file("dotfiles/ssh/id"), home.file(".ssh/config")
    os.symlink(key, home.path / ".ssh/id")
    assert home.hidden() == [os.path.dirname(other), key]


def test_a_link_to_the_way_home_or_to_others_files_hides_nothing(home: Home) -> None:
    home.file(".ssh/config")
    for number, target in enumerate(("/", "/etc/passwd", "..", "../..", str(home.path / "project"), "missing")):
        os.symlink(target, home.path / f".ssh/link{number}")
    home.file("project/x")
    assert home.hidden(work="project") == [str(home.path / ".ssh")]


@pytest.mark.parametrize("name", ["GNUPGHOME", "AWS_SHARED_CREDENTIALS_FILE", "PGPASSFILE", "HISTFILE"])
def test_a_variables_own_place(home: Home, name: str) -> None:
    path = home.file("elsewhere/x")
    assert home.hidden(**{name: path}) == [path]
    assert home.hidden(**{name: "relative"}) == []


def test_a_list_and_a_moved_base_with_its_default(home: Home) -> None:
    first, second = home.file("a"), home.file("b")
    assert home.hidden(KUBECONFIG=f"{first}:{second}") == [first, second]
    usual, moved = home.file(".config/gh/hosts.yml"), home.file("cfg/gh/hosts.yml")
    assert home.hidden(XDG_CONFIG_HOME=str(home.path / "cfg")) == [os.path.dirname(p) for p in (usual, moved)]


def test_a_pattern(home: Home) -> None:
    for name in ("google-chrome", "google-chrome-beta", "google"):
        home.file(f".config/{name}/x")
    assert [os.path.basename(path) for path in home.hidden()] == ["google-chrome", "google-chrome-beta"]


def test_shown_hidden_and_what_is_shown_below_something_hidden(home: Home) -> None:
    home.file(".aws/credentials")
    known, diary = home.file(".ssh/known_hosts"), home.file("diary")
    ssh = os.path.dirname(known)
    assert home.hidden(Trial(show=(ssh,), hide=(diary,))) == [str(home.path / ".aws"), diary]
    trial = Trial(show=(known,))
    hid = secrets.hidden(trial, home.around())
    assert ssh in [one.path for one in hid]
    assert secrets.uncovered(trial, hid) == (known,)
    assert home.hidden(Trial(show=(str(home.path),))) == []


def test_hulls_store_stays_hidden_whatever_is_shown(home: Home) -> None:
    home.file("store/hull.db")
    store = str(home.path / "store")
    around = home.around()._replace(store=(store,))
    hid = secrets.hidden(Trial(show=(str(home.path), f"{store}/hull.db")), around)
    assert store in [one.path for one in hid]
    assert secrets.uncovered(Trial(show=(f"{store}/hull.db",)), hid) == ()


def test_the_working_directory_does_not_open_a_secret(home: Home) -> None:
    ssh = os.path.dirname(home.file(".ssh/id"))
    assert home.hidden(work=".ssh") == [ssh]


def test_without_home_only_the_way_to_the_working_directory_is_left(home: Home) -> None:
    home.file("src/mine/x")
    other, letter = home.file("src/other/x"), home.file("letter")
    assert home.hidden(work="src/mine", home=False) == [letter, os.path.dirname(other)]
    around = home.around()._replace(workdir="/usr")
    assert str(home.path) in [one.path for one in secrets.hidden(Trial(), around, home=False)]


def test_a_stranger_s_file_that_cannot_be_read_anyway_is_left_alone(home: Home) -> None:
    if os.geteuid() == 0:
        pytest.skip("needs an ordinary user: root reads everything")
    around = home.around(KRB5_KTNAME="/etc/shadow")
    assert "/etc/shadow" not in [one.path for one in secrets.hidden(Trial(), around)]
    asked = secrets.hidden(Trial(hide=("/etc/shadow",)), around)
    assert "/etc/shadow" in [one.path for one in asked], "who asks is not told what cannot be reached"


def test_one_s_own_is_hidden_whatever_its_mode_the_try_s_root_reads_it(home: Home) -> None:
    netrc, key = home.file(".netrc"), home.file(".ssh/id")
    os.chmod(netrc, 0)
    os.chmod(os.path.dirname(key), 0o311)
    assert home.hidden() == [netrc, os.path.dirname(key)]
    os.chmod(os.path.dirname(key), 0o700)


def test_nothing_is_hidden_below_something_hidden(home: Home) -> None:
    home.file(".config/containers/auth.json")
    assert home.hidden() == [str(home.path / ".config/containers")]


def test_mounts_are_an_empty_file_read_only_and_an_empty_directory(home: Home, tmp_path: pathlib.Path) -> None:
    netrc, key = home.file(".netrc"), home.file(".ssh/id")
    made = secrets.mounts(secrets.hidden(Trial(), home.around()), str(tmp_path))
    file, directory = (next(m for m in made if m.target == path) for path in (netrc, os.path.dirname(key)))
    assert (file.kind, file.readonly) == ("bind", True)
    assert pathlib.Path(file.source).read_bytes() == b""
    assert (directory.kind, "mode=0700" in directory.options) == ("tmpfs", True)


def _alias(*mounts: Mounted, real: str) -> list[str]:
    return aliases.paths((Mounted("/", "ext4", "1:1", "", "/"), *mounts), real)


def test_a_second_mount_of_the_file_system_shows_it_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aliases, "_same", lambda _path, _real: True)
    bound = Mounted("/mnt/homes", "ext4", "1:1", "", "/home")
    assert _alias(bound, real="/home/u/.ssh") == ["/home/u/.ssh", "/mnt/homes/u/.ssh"]
    part = Mounted("/mnt/keys", "ext4", "1:1", "", "/home/u/.ssh/keys")
    assert _alias(part, real="/home/u/.ssh") == ["/home/u/.ssh", "/mnt/keys"]
    other = Mounted("/mnt/x", "ext4", "2:2", "", "/home")
    assert _alias(other, real="/home/u/.ssh") == ["/home/u/.ssh"]


def test_a_part_that_is_mounted_from_elsewhere_is_hidden_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aliases, "_same", lambda _path, _real: True)
    below = Mounted("/home/u/.ssh/keys", "ext4", "2:2", "", "/keys")
    whole = Mounted("/mnt/disk", "ext4", "2:2", "", "/")
    assert _alias(below, whole, real="/home/u/.ssh") == ["/home/u/.ssh", "/home/u/.ssh/keys", "/mnt/disk/keys"]


def test_a_path_that_another_mount_covers_is_no_alias(tmp_path: pathlib.Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    bound = Mounted(str(tmp_path / "b"), "ext4", "1:1", "", str(tmp_path))
    assert _alias(bound, real=str(tmp_path / "a")) == [str(tmp_path / "a")]
