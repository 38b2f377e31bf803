"""What changed meanwhile stops a keep and an undo, whole; nobody can lead a write elsewhere or slip in between."""

import os
import subprocess
import sys
import tempfile

import pytest
from hull.errors import HostError, UserError
from hull.trials import conflicts, journal_recovery, journal_steps, keeping, undoing
from hull.trials.keeping_choosing import Wanted

from tests.trials import keep_rig
from tests.trials.test_keep_properties import tick

pytestmark = [pytest.mark.real, pytest.mark.needs("userns", "ordinary")]


@pytest.fixture
def trying():
    with tempfile.TemporaryDirectory(prefix="hull-") as base:
        made = keep_rig.engine(f"{base}/s")
        host = f"{base}/up/host"
        for name in ("one", "two", "dir/inner", "gone/inner"):
            os.makedirs(os.path.dirname(f"{host}/{name}"), exist_ok=True)
            with open(f"{host}/{name}", "w") as file:
                file.write(name)
        tick()
        trying = keep_rig.Trying(made, host)
        trying.run(
            "sh", "-c", f"cd {host} && echo new >> one && echo x > dir/added && rm -r gone && echo y >> dir/inner"
        )
        tick()
        yield trying
        made.close()
        keep_rig.remove(base)


def write(path: str, text: str = "somebody") -> None:
    with open(path, "w") as file:
        file.write(text)


@pytest.mark.parametrize(
    ("path", "reason"),
    [("one", "it changed since"), ("dir/added", "something is there"), ("gone/inner", "it changed since"),
     ("gone/later", "it changed since")],
)  # fmt: skip
def test_what_changed_meanwhile_is_a_conflict(trying, path, reason) -> None:
    write(f"{trying.host}/{path}")
    found = trying.examine()
    assert any(f"{trying.host}/{path}".startswith(one.path) for one in found.conflicts)
    assert all(reason in one.reason or "removed" in one.reason or "changed" in one.reason for one in found.conflicts)
    assert not trying.examine(force=("all",)).conflicts


def test_other_entries_in_a_changed_directory_are_none(trying) -> None:
    write(f"{trying.host}/dir/other")
    assert not trying.examine().conflicts
    trying.keep()
    assert sorted(os.listdir(f"{trying.host}/dir")) == ["added", "inner", "other"]


def test_a_change_between_the_look_and_the_exchange_is_seen(trying) -> None:
    found = trying.examine()
    before = keep_rig.snapshot(trying.host)
    write(f"{trying.host}/one", "one")  # the same bytes at another time
    stamp = os.stat(f"{trying.host}/one")
    with pytest.raises(HostError, match="it changed meanwhile"):
        keeping.keep(trying.engine, trying.row, found, Wanted())
    assert os.stat(f"{trying.host}/one").st_mtime_ns == stamp.st_mtime_ns
    now = keep_rig.snapshot(trying.host)
    assert [name for name, _, _ in keep_rig.different(now, before)] == ["one"]


def test_a_change_in_the_last_moment_goes_back(trying, monkeypatch) -> None:
    """Whoever replaces the file after it was looked at gets their own back."""
    swap, path = journal_steps._swap, f"{trying.host}/one"

    def late(home, staged, unit) -> None:
        if unit.path == path:
            write(f"{path}.theirs", "theirs")
            os.rename(f"{path}.theirs", path)
        swap(home, staged, unit)

    monkeypatch.setattr(journal_steps, "_swap", late)
    before = keep_rig.snapshot(trying.host)
    with pytest.raises(HostError, match="it changed meanwhile"):
        trying.keep()
    with open(path) as file:
        assert file.read() == "theirs"
    others = [name for name, _, _ in keep_rig.different(keep_rig.snapshot(trying.host), before)]
    assert others in ([""], ["one"], ["one", ""], ["", "one"])


def test_a_link_in_a_directorys_place_leads_nowhere(trying) -> None:
    found = trying.examine()
    elsewhere = f"{os.path.dirname(trying.host)}/elsewhere"
    os.rename(f"{trying.host}/dir", elsewhere)
    os.symlink(elsewhere, f"{trying.host}/dir")
    before = keep_rig.snapshot(elsewhere)
    with pytest.raises(HostError, match="nothing was changed"):
        keeping.keep(trying.engine, trying.row, found, Wanted())
    assert keep_rig.snapshot(elsewhere) == before
    assert trying.examine().conflicts


def test_a_link_further_up_leads_nowhere(trying) -> None:
    wanted = Wanted(paths=(f"{trying.host}/dir",))
    found = trying.examine(paths=wanted.paths)
    above = os.path.dirname(trying.host)
    elsewhere = f"{above}.elsewhere"
    os.rename(above, elsewhere)
    os.symlink(elsewhere, above)
    before = keep_rig.snapshot(elsewhere)
    with pytest.raises(HostError, match="nothing was changed"):
        keeping.keep(trying.engine, trying.row, found, wanted)
    assert keep_rig.snapshot(elsewhere) == before


def test_attributes_that_changed_after_the_look_are_seen(trying) -> None:
    found = trying.examine()
    os.setxattr(f"{trying.host}/one", "user.theirs", b"x")
    with pytest.raises(HostError, match="it changed meanwhile"):
        keeping.keep(trying.engine, trying.row, found, Wanted())


def test_a_full_disk_changes_nothing(trying, monkeypatch) -> None:
    before = keep_rig.snapshot(trying.host)

    def full(*_words, **_named):
        raise OSError(28, "No space left on device", f"{trying.host}/one")

    monkeypatch.setattr("hull.trials.journal_copying.content", full)
    with pytest.raises(HostError, match="No space left"):
        trying.keep()
    assert keep_rig.snapshot(trying.host) == before
    assert undoing.rows(trying.engine) == []
    journal_recovery.recover(trying.engine.paths.data, trying.engine.events)


def test_undo_stops_at_what_changed_since(trying) -> None:
    ident = trying.keep()
    write(f"{trying.host}/one")
    with pytest.raises(UserError, match="one"):
        undoing.undo(trying.engine, ident)
    undoing.undo(trying.engine, ident, (f"{trying.host}/one",))
    with open(f"{trying.host}/one") as file:
        assert file.read() == "one"
    assert os.listdir(f"{trying.host}/gone") == ["inner"]


def test_another_name_in_a_new_directory_of_a_file_whose_mode_changed_is_no_conflict(trying) -> None:
    """The mode is set where the file is, after the mark of its new name was taken."""
    trying.run("sh", "-c", f"cd {trying.host} && mkdir new && ln two new/also && chmod 700 two")
    before = os.stat(f"{trying.host}/two").st_mode
    ident = trying.keep()
    assert os.path.samefile(f"{trying.host}/two", f"{trying.host}/new/also")
    undoing.undo(trying.engine, ident)
    assert os.stat(f"{trying.host}/two").st_mode == before
    assert not os.path.exists(f"{trying.host}/new")


def test_undo_opens_what_the_try_closed_with_new_attributes(trying) -> None:
    change = "import os, sys; os.setxattr(sys.argv[1], 'user.note', b'x'); os.chmod(sys.argv[1], 0)"
    trying.run(sys.executable, "-c", change, f"{trying.host}/two")
    before = os.stat(f"{trying.host}/two").st_mode
    ident = trying.keep()
    assert os.stat(f"{trying.host}/two").st_mode & 0o777 == 0
    undoing.undo(trying.engine, ident)
    assert (os.stat(f"{trying.host}/two").st_mode, os.listxattr(f"{trying.host}/two")) == (before, [])


def test_the_same_try_is_kept_again(trying) -> None:
    trying.keep()
    trying.run("sh", "-c", f"echo more >> {trying.host}/one")
    second = trying.keep()
    undoing.undo(trying.engine, second)
    undoing.undo(trying.engine)
    with open(f"{trying.host}/one") as file:
        assert file.read() == "one"


def test_undo_of_what_went_by_itself(trying) -> None:
    before = keep_rig.snapshot(trying.host)
    ident = trying.keep()
    os.unlink(f"{trying.host}/dir/added")
    with pytest.raises(UserError, match="it is gone by now"):
        undoing.undo(trying.engine, ident)
    undoing.undo(trying.engine, ident, ("all",))
    assert [name for name, _, _ in keep_rig.different(keep_rig.snapshot(trying.host), before)] in ([], ["dir"])
    undoing.redo(trying.engine, ident)
    assert not os.path.exists(f"{trying.host}/dir/added")
    assert not os.path.exists(f"{trying.host}/gone")


def test_undo_where_a_directory_is_gone(trying) -> None:
    ident = trying.keep()
    os.rename(f"{trying.host}/dir", f"{trying.host}/elsewhere")
    with pytest.raises(UserError, match="its directory is gone"):
        undoing.undo(trying.engine, ident, ("all",))


def test_a_name_that_a_terminal_would_obey_is_spelt(trying) -> None:
    name = "\x1b]0;evil\x07 it's\udcff"
    trying.run(sys.executable, "-c", f"open({trying.host!r} + {'/' + name!a}, 'w')")
    with open(f"{trying.host}/{name}", "w"):
        pass
    with pytest.raises(UserError) as caught:
        conflicts.refuse(trying.examine().conflicts, "keep", lambda path: f"printf %s {path}")
    assert (str(caught.value) + caught.value.hint).replace("\n", "").isprintable()
    said = subprocess.run(["bash", "-c", caught.value.hint], stdout=subprocess.PIPE, check=True).stdout
    assert said == os.fsencode(f"{trying.host}/{name}")
