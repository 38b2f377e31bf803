"""Single changes are taken out of a try; the others stay, and what lies below shows again as it is."""

import fcntl
import os

import pytest
from hull.commands import _picking, _trial
from hull.engine import Engine
from hull.errors import HostError, UserError
from hull.log import silent
from hull.model import Image, Spec, Trial
from hull.paths import Paths, find
from hull.trials import forgetting, walking
from hull.trials.changes import Change, Entry

UPPER = "/s/c/upper"


def entry(kind="file", mode=0o644):
    return Entry(kind, mode, 0, 0, 1, 7)


def changed(path, kind="changed", what=("content",), shape="file", layer=UPPER):
    old = None if kind == "added" else entry(shape)
    new = None if kind == "removed" else entry(shape)
    return Change(kind, path, what if kind == "changed" else (), old, new, "" if kind == "removed" else layer)


def test_files_are_removed_and_a_directory_that_only_held_them_gets_its_time_back():
    changes = [changed("/d", what=("time",), shape="directory"), changed("/d/a"), changed("/d/b", "removed")]
    assert forgetting.plan("t", changes, {"/d/a", "/d/b"}, UPPER) == [
        ("remove", "/d/a"), ("remove", "/d/b"), ("restore", "/d", 0o644, 0, 0, 7),
    ]  # fmt: skip
    assert forgetting.plan("t", changes, {"/d/a"}, UPPER) == [("remove", "/d/a")]


def test_a_new_directory_goes_only_when_nothing_of_it_stays():
    changes = [changed("/d", "added", shape="directory"), changed("/d/a", "added"), changed("/d/b", "added")]
    assert forgetting.plan("t", changes, {"/d", "/d/a"}, UPPER) == [("remove", "/d/a")]
    assert forgetting.plan("t", changes, {"/d", "/d/a", "/d/b"}, UPPER)[-1] == ("remove", "/d")


def test_what_lies_in_a_checkpoint_is_refused():
    with pytest.raises(UserError, match="checkpoint"):
        forgetting.plan("t", [changed("/a", layer="/s/snapshots/1")], {"/a"}, UPPER)


def test_what_a_directory_that_was_made_anew_hides_is_refused_and_nothing_is_done(tmp_path):
    upper = tmp_path / "upper"
    (upper / "d").mkdir(parents=True)
    (upper / "a").touch()
    (upper / "d/b").touch()
    try:
        os.setxattr(upper / "d", forgetting.OPAQUE, b"y")
    except OSError as error:
        pytest.skip(f"no user attributes here: {error}")
    with pytest.raises(OSError, match="made anew"):
        forgetting.apply(str(upper), [("remove", "/a"), ("remove", "/d/b")])
    assert (upper / "a").exists()
    forgetting.apply(str(upper), [("remove", "/a"), ("remove", "/d")])
    assert os.listdir(upper) == []


def test_what_was_removed_before_a_checkpoint_is_refused_and_nothing_is_done(tmp_path):
    (tmp_path / "a").touch()
    for path in ("/gone", "/d/gone"):
        with pytest.raises(OSError, match=f"{path} is in a checkpoint"):
            forgetting.apply(str(tmp_path), [("remove", "/a"), ("remove", path)])
    assert (tmp_path / "a").exists()


def test_nobody_starts_it_meanwhile(tmp_path, monkeypatch):
    engine = Engine(Paths(*(str(tmp_path / name) for name in ("data", "run", "config"))), silent)
    row = engine.containers.add("1" * 64, Spec("host", name="t", trial=Trial()), Image("", "host", ()))
    os.makedirs(engine.paths.container(row.id))
    held = []

    def run(*_):
        fd = os.open(engine.paths.container(row.id), os.O_RDONLY)
        try:
            with pytest.raises(BlockingIOError):
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            held.append(True)
        finally:
            os.close(fd)

    monkeypatch.setattr(forgetting, "_run", run)
    forgetting.forget(engine, row, [], (), UPPER)
    engine.close()
    assert held


def test_links_on_the_way_are_not_followed(tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").touch()
    upper = tmp_path / "upper"
    upper.mkdir()
    (upper / "d").symlink_to(outside)
    with pytest.raises(OSError, match="directory"):
        forgetting.apply(str(upper), [("remove", "/d/precious")])
    assert (outside / "precious").exists()


@pytest.mark.needs("userns")
def test_a_real_try_keeps_the_rest(cli, tmp_path):
    place = tmp_path / "place"
    (place / "sub").mkdir(parents=True)
    for name in ("one", "two", "sub/three"):
        (place / name).write_text(name)
    name = f"forget-{os.getpid()}"
    line = "echo x > one; rm two; rm -r sub; mkdir -p new/deep; echo y > new/deep/file; chmod 700 ."
    cli("try", "--name", name, "-w", str(place), "sh", "-c", line, check=True)
    engine = Engine(find({"HULL_ROOT": cli.root}), silent)
    try:
        row = _trial.latest(engine, name)
        said = []
        picking = _picking.changes_of(engine, row, "keep", lambda *words: said.append(words))
        one = next(change for change in picking.changes if change.path == f"{place}/one")
        assert [part.text for part in picking.texts(one).parts.shown((0,))] == [b"one", b"x\n"]
        picking.settle(_decision(f"{place}/new", verb="keep"))
        picking = _picking.changes_of(engine, row, "keep", lambda *words: said.append(words))
        assert [([change.path for change in changes], texts) for changes, texts in said] == [([f"{place}/new"], {})]
        assert picking.settle(_decision(f"{place}/one", f"{place}/two", f"{place}/new/deep/file", f"{place}/new/deep"))
        left = {change.path: change.kind for change in walking.of_try(engine, row)}
        assert left.keys() & {f"{place}/{end}" for end in ("one", "two", "new/deep")} == set()
        assert left[f"{place}/sub"] == "removed"
        assert left[f"{place}/new"] == "added"
        shown = cli("try", "--in", name, "-w", str(place), "sh", "-c", "cat one two; find . | sort", check=True).stdout
        assert shown == b"onetwo.\n./new\n./one\n./two\n"
    finally:
        engine.close()
        cli("rm", "-f", name)


@pytest.mark.needs("userns")
def test_one_that_runs_is_left_alone(cli, monkeypatch):
    monkeypatch.setenv("HULL_ROOT", cli.root)
    name = f"runs-{os.getpid()}"
    cli("try", "-d", "--name", name, "sleep", "1000", check=True)
    engine = Engine(find({"HULL_ROOT": cli.root}), silent)
    try:
        with pytest.raises((UserError, HostError), match="it runs"):
            forgetting.forget(engine, _trial.latest(engine, name), [], (), UPPER)
    finally:
        engine.close()
        cli("rm", "-f", name)


def _decision(*paths, verb="drop"):
    from hull.ui.picking import Decision

    return Decision(verb, paths)
