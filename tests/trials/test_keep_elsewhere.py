"""Between file systems old versions are copied to the store: what somebody writes meanwhile is not lost by that."""

import os
import tempfile

import pytest
from hull.errors import HostError
from hull.trials import journal_copying, journal_steps, undoing

from tests.trials import keep_rig
from tests.trials.test_conflicts import write
from tests.trials.test_keep_properties import tick

pytestmark = [pytest.mark.real, pytest.mark.needs("userns", "ordinary")]


@pytest.fixture
def elsewhere():
    """Give a try that removed what lies on another file system than the store."""
    if not keep_rig.takes_uppers(keep_rig.OTHER):
        pytest.skip("needs a second file system that holds an overlay's upper directory")
    with tempfile.TemporaryDirectory(prefix="hull-") as base, tempfile.TemporaryDirectory(dir=keep_rig.OTHER) as other:
        made, host = keep_rig.engine(f"{base}/s"), f"{other}/host"
        os.makedirs(f"{host}/gone/deep")
        write(f"{host}/one", "one")
        write(f"{host}/gone/deep/inner", "inner")
        tick()
        trying = keep_rig.Trying(made, host)
        trying.run("rm", "-r", f"{host}/one", f"{host}/gone")
        tick()
        yield trying
        made.close()
        keep_rig.remove(base)


def test_what_is_written_during_the_copy_to_the_store_is_not_lost(elsewhere, monkeypatch) -> None:
    content, path = journal_copying.content, f"{elsewhere.host}/one"

    def late(*words, **named) -> None:
        content(*words, **named)
        write(path, "ONE")

    monkeypatch.setattr(journal_copying, "content", late)
    with pytest.raises(HostError, match="it changed meanwhile"):
        elsewhere.keep()
    with open(path) as file:
        assert file.read() == "ONE"


@pytest.mark.parametrize("name", ["inner", "later"])
def test_what_is_written_below_a_directory_after_that_copy_is_not_lost(elsewhere, monkeypatch, name) -> None:
    swap, path = journal_steps._swap, f"{elsewhere.host}/gone/deep/{name}"

    def late(home, staged, unit) -> None:
        if unit.path == f"{elsewhere.host}/gone":
            write(path, "somebody")
        swap(home, staged, unit)

    monkeypatch.setattr(journal_steps, "_swap", late)
    with pytest.raises(HostError, match="it changed meanwhile"):
        elsewhere.keep()
    with open(path) as file:
        assert file.read() == "somebody"
    assert os.path.exists(f"{elsewhere.host}/one")
    monkeypatch.undo()
    ident = elsewhere.keep(force=("all",))
    assert os.listdir(elsewhere.host) == []
    undoing.undo(elsewhere.engine, ident)
    with open(path) as file:
        assert file.read() == "somebody"


def test_a_directory_that_the_try_closed_is_kept_and_made_durable(elsewhere) -> None:
    """What names all that was changed on a file system may not be opened to synchronise it."""
    elsewhere.run("chmod", "0311", elsewhere.host)
    tick()
    ident = elsewhere.keep()
    assert os.stat(elsewhere.host).st_mode & 0o777 == 0o311
    assert not os.path.lexists(f"{elsewhere.host}/one")
    undoing.undo(elsewhere.engine, ident)
    assert os.path.exists(f"{elsewhere.host}/gone/deep/inner")
