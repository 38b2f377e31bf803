"""Which programs of containers a server remembers, and for how long."""

import pytest
from hull.docker import execs
from hull.docker.execs import Exec, Execs
from hull.errors import Missing
from hull.model import Image, Spec

ASKED = execs.read({"Cmd": ["true"]})


@pytest.fixture
def clock(monkeypatch):
    """Give a clock that a test sets: a list of the seconds."""
    now = [1000.0]
    monkeypatch.setattr(execs.time, "monotonic", lambda: now[0])
    return now


def test_what_nobody_starts_is_forgotten_after_its_container(engine, clock, monkeypatch):
    rows = [engine.containers.add(letter * 64, Spec("busybox"), Image("sha256:1", "busybox", ())) for letter in "ab"]
    up = {row.id: True for row in rows}
    status = engine.containers.status
    monkeypatch.setattr(engine.containers, "status", lambda row: status(row)._replace(state=STATES[up[row.id]]))
    known, made = Execs(), [Exec(row, ASKED) for row in (*rows, rows[1], rows[1])]
    for one in made:
        known.keep(one)
    up[rows[1].id] = False
    made[2].begin()
    execs.leave(engine, known.waiting())
    assert known.waiting() == [], "a look at every request would cost more than what is kept"
    made[3].begin()  # its container runs again
    clock[0] += execs.KEPT - 1
    known.keep(Exec(rows[0], ASKED))
    assert known.find(made[1].id) is made[1]
    clock[0] += 2
    known.keep(Exec(rows[0], ASKED))
    with pytest.raises(Missing):
        known.find(made[1].id)
    assert known.find(made[0].id) is made[0]
    assert known.find(made[2].id) is made[2]
    assert known.find(made[3].id) is made[3]


STATES = {True: "running", False: "exited"}
