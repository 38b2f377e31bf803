"""exec -d: it returns when the program was executed, also where that is already over."""

import pytest
from hull.commands.exec import exec_
from hull.commands.kill import kill
from hull.commands.rm import rm
from hull.commands.run import run
from hull.errors import HullError
from hull.objects import values
from hull.runtime import background

from tests.commandline import CommandLine
from tests.repeat import times

pytestmark = [pytest.mark.real, pytest.mark.single_id, pytest.mark.as_root]


@pytest.fixture(autouse=True)
def _store(cli: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HULL_ROOT", cli.root)


def test_a_program_that_ends_at_once_was_executed() -> None:
    """Without the launcher's last look at what it was told, one in a hundred and fifty is lost."""
    engine = values.engine()
    made = run(engine, "busybox", ("sleep", "1000"), detach=True, network="none")
    assert isinstance(made, list)
    try:
        for _ in range(times(600, 5000)):
            exec_(engine, made[0], ("true",), detach=True)
        with pytest.raises(HullError) as caught:
            exec_(engine, made[0], ("/no/such",), detach=True)
        assert caught.value.exit_code == 127
    finally:
        rm(engine, tuple(made), force=True)


def test_a_container_that_ends_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = values.engine()
    made = run(engine, "busybox", ("sleep", "1000"), detach=True, network="none")
    assert isinstance(made, list)
    start = background.run

    def late(*given: object) -> None:
        kill(engine, tuple(made))
        start(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(background, "run", late)
    with pytest.raises(HullError, match="it has just ended") as caught:
        exec_(engine, made[0], ("true",), detach=True)
    assert caught.value.hint.startswith("hull start ")
    rm(engine, tuple(made), force=True)


def test_right_after_run_detached() -> None:
    """The monitor's first lines are whole when run returns: nobody takes it for one that was killed."""
    engine = values.engine()
    for turn in range(times(200, 2000)):
        restart = ("no", "always")[turn % 2]
        made = run(engine, "busybox", ("sleep", "1000"), detach=True, network="none", restart=restart)
        assert isinstance(made, list)
        try:
            exec_(engine, made[0], ("true",), detach=True)
            assert engine.containers.status(engine.containers.find(made[0])).state == "running"
        finally:
            rm(engine, tuple(made), force=True)
