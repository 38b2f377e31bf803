"""Tries that are gone: their rows cost no start a write to the disk, and do not stay."""

import os

from hull.commands import _trial
from hull.engine import Engine
from hull.model import Image, Spec, Trial


def test_rows_of_tries_that_are_gone_wait_until_they_are_many(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("HULL_ROOT", str(tmp_path / "store"))
    engine = Engine()
    place = f"{engine.paths.data}/{_trial.PLACE}"
    os.makedirs(place)

    def gone(number: int) -> str:
        ident = f"{number:064x}"
        row = engine.containers.add(ident, Spec(image="host", trial=Trial()), Image("", "host", ()))
        _trial.remember(engine, row)
        return ident

    idents = [gone(number) for number in range(_trial.MOST_GONE)]
    before = engine.db.connection.total_changes
    _trial.sweep(engine)
    assert engine.db.connection.total_changes == before, "a start writes nothing for them"
    assert sorted(os.listdir(place)) == idents
    gone(_trial.MOST_GONE)
    _trial.sweep(engine)
    assert engine.containers.all() == []
    assert os.listdir(place) == []
    engine.close()
