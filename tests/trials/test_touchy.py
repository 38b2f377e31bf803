"""The table of what is asked for: what belongs to it, and what does not."""

import pytest
from hull.trials import touchy
from hull.trials.changes import Change, Entry
from hull.trials.keeping_choosing import Chosen

HOME = "/home/me"


def one(path: str, mode: int = 0o644, kind: str = "file") -> Chosen:
    entry = Entry(kind, mode, 0, 0, 0, 0)
    return Chosen(Change("added", path, (), None, entry), 1, 1, None)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/home/me/.bashrc", "start-up"), ("/home/me/.config/autostart/x.desktop", "start-up"),
        ("/home/me/.config/systemd/user/x.service", "start-up"), ("/home/me/.xonshrc", "start-up"),
        ("/home/me/.ipython/profile_default/startup/00-x.py", "start-up"),
        ("/home/me/.local/lib/python3.11/site-packages/x.pth", "start-up"),
        ("/home/me/p/.git/hooks/pre-commit", "hook"), ("/srv/p/.git/config", "hook"), ("/srv/.envrc", "hook"),
        ("/home/me/p/.vscode/tasks.json", "hook"), ("/home/me/p/sub/.gitattributes", "hook"),
        ("/home/me/.ssh/authorized_keys", "key"), ("/home/me/.gnupg/gpg.conf", "key"), ("/etc/sudoers.d/x", "key"),
        ("/etc/cron.d/x", "timer"), ("/var/spool/cron/crontabs/me", "timer"),
    ],
)  # fmt: skip
def test_they_are_found(path, kind) -> None:
    assert [(found.path, found.kind) for found in touchy.find([one(path)], HOME, "")] == [(path, kind)]


@pytest.mark.parametrize(
    "path",
    ["/home/me/bashrc", "/home/you/.bashrc", "/home/me/.bashrc.old", "/home/me/p/Makefile", "/home/me/git/hooks/x",
     "/home/me/.bashrc\nx", "/etc/hostname"],
)  # fmt: skip
def test_others_are_not(path) -> None:
    assert touchy.find([one(path)], HOME, "/usr/bin") == []


def test_programs_of_the_path_and_powers(tmp_path) -> None:
    search = f"relative:{tmp_path}"
    assert touchy.find([one(f"{tmp_path}/ls", 0o755)], HOME, search)[0].kind == "program"
    assert touchy.find([one(f"{tmp_path}/ls", 0o777, "link")], HOME, search)[0].kind == "program"
    assert touchy.find([one(f"{tmp_path}/data", 0o644)], HOME, search) == []
    assert touchy.find([one("/srv/x", 0o4755)], HOME, search)[0].kind == "power"
    assert touchy.find([one("/home/me/.ssh", 0o700, "directory")], HOME, search) == []


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/home/me/.config/autostart", "link"), ("/home/me/.config", "link"), ("/home/me/p/.git/hooks", "link"),
        ("/home/me/p/.git", "file"), ("/home/me/p/.git", "link"), ("/home/me/p/.vscode", "link"),
        ("/home/me/.ssh", "link"), ("/etc/cron.d", "link"), ("/home/me/bin", "link"),
        ("/home/me/p/.git/modules/a/b/hooks/x", "file"),
    ],
)  # fmt: skip
def test_what_takes_the_place_of_a_directory_brings_all_below_it(path, kind) -> None:
    found = touchy.find([one(path, 0o777 if kind == "link" else 0o644, kind)], HOME, "/home/me/bin/deep")
    assert [one.path for one in found] == [path]
    gone = Chosen(Change("removed", path, (), Entry("directory", 0o755, 0, 0, 0, 0), None), 1, 1, None)
    assert touchy.find([gone], HOME, "/home/me/bin/deep") == [] or "modules" in path


@pytest.mark.parametrize("path", ["/home/me/link", "/home/me", "/home/me/p/git", "/srv", "/home/me/.configs"])
def test_other_links_are_not(path) -> None:
    assert touchy.find([one(path, 0o777, "link")], HOME, "/usr/bin") == []
