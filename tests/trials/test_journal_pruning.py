"""Old versions stay for so many keeps as the settings say, and what is under way stays whatever they say."""

import os

import pytest
from hull.engine import Engine
from hull.paths import Paths, prepare
from hull.trials import journal, journal_pruning, keeping_links
from hull.trials.changes import Entry
from hull.trials.journal import APPLIED, PREPARING, SETTLED, Head, Plan


def made(tmp_path, *states: tuple[str, int]) -> Engine:
    paths = Paths(f"{tmp_path}/s", f"{tmp_path}/s/run", f"{tmp_path}/s/config")
    prepare(paths)
    os.makedirs(paths.config)
    for number, (state, passes) in enumerate(states, 1):
        directory = f"{journal.home(paths.data)}/k{number}"
        os.makedirs(f"{directory}/slots")
        with open(f"{directory}/slots/1", "w") as file:
            file.write("x" * 100)
        Plan(directory, Head(f"k{number}", state, True, 1.0, passes=passes)).at(state)
    return Engine(paths)


def test_the_oldest_go(tmp_path) -> None:
    engine = made(tmp_path, (SETTLED, 1), (SETTLED, 1), (SETTLED, 2), (PREPARING, 0))
    with open(f"{engine.paths.config}/config.toml", "w") as file:
        file.write("[keep]\ncount = 2\n")
    assert journal_pruning.usage(engine)[0::2] == (3, 2)
    gone, freed = journal_pruning.prune(engine)
    assert gone == ["k1", "k4"]
    assert freed > 200
    assert sorted(os.listdir(journal.home(engine.paths.data))) == ["journal.lock", "k2", "k3"]


def test_what_is_under_way_stays(tmp_path) -> None:
    engine = made(tmp_path, (APPLIED, 0), (SETTLED, 1))
    os.symlink("k1", f"{journal.home(engine.paths.data)}/unfinished")
    assert journal_pruning.prune(engine) == ([], 0)


def test_a_store_without_keeps_is_left_alone(tmp_path) -> None:
    engine = made(tmp_path)
    assert journal_pruning.prune(engine) == ([], 0)
    assert not os.path.exists(journal.home(engine.paths.data))


@pytest.mark.skipif(os.geteuid() == 0, reason="needs an ordinary user: root may look everywhere")
def test_what_may_not_be_looked_at_counts_as_nothing(tmp_path) -> None:
    """A directory that can be listed and not passed was kept like that."""
    (tmp_path / "listed").mkdir()
    (tmp_path / "listed/file").write_text("xxx")
    (tmp_path / "open").write_text("xx")
    (tmp_path / "listed").chmod(0o400)
    try:
        assert journal_pruning.size(str(tmp_path)) == 2
        wanted = {(1, 1): Entry("file", 0o644, 0, 0, 0, 0)}
        assert list(keeping_links._names(str(tmp_path), wanted)) == []
    finally:
        (tmp_path / "listed").chmod(0o700)
