"""A monitor is asked from Python: answers, refusals, and its absence."""

import os
import pathlib
import signal
import socket

import pytest
from hull.errors import HostError
from hull.runtime import control, launch, ops
from hull.runtime.launch import Launch

from tests.launcher.conftest import Box, box, detached, new_box  # noqa: F401 (fixtures)
from tests.launcher.monitored import Monitored
from tests.waiting import gone


def test_where_nobody_listens_there_is_no_control(tmp_path: os.PathLike[str]) -> None:
    assert control.connect(str(tmp_path)) is None
    assert control.connect(f"{tmp_path}/nothing") is None


def test_a_patience_is_one_that_the_monitor_can_count() -> None:
    assert [control.milliseconds(seconds) for seconds in (None, -1, 0, 1.5, 1e18)] == [-1, -1, 0, 1500, (1 << 31) - 1]


def test_a_stop_may_ask_for_more_patience_than_can_be_counted(detached: Monitored) -> None:  # noqa: F811
    detached.sh("exec sleep 1000", monitor=(("stop", "15", str(control.milliseconds(1e9))),))
    assert detached.control.stop(signal.SIGKILL, 1e9) == 137


def test_the_state_of_a_running_container(detached: Monitored) -> None:  # noqa: F811
    detached.sh("exec sleep 1000", monitor=(("restart", "on-failure", "3"),))
    state = detached.control.state()
    init = detached.await_event("ready")
    assert state["init"] == init["pid"]
    assert state["monitor"] == detached.await_event("monitor")["pid"]
    assert (state["restarts"], state["policy"], state["most"], state["health"]) == (0, "on-failure", 3, "")


def test_a_path_too_long_for_a_socket(new_box: object) -> None:  # noqa: F811
    made: Box = new_box("auto")  # type: ignore[operator]
    deep = f"{made.base}/{'d' * 120}"
    os.mkdir(deep)
    monitored = Monitored(made)
    plan = monitored.plan("sleep", "1000")
    plan[1] = ("monitor", control.path(deep))
    child = made.start(plan)
    assert child.wait(30) == 0
    found = control.connect(deep)
    assert found
    assert found.stop(signal.SIGKILL, 0) == 137
    assert not os.path.exists(control.path(deep))


def test_a_request_that_is_refused_says_why(detached: Monitored) -> None:  # noqa: F811
    detached.sh("exec sleep 1000")
    with pytest.raises(HostError, match="not a restart policy"):
        detached.control.update("sometimes")
    with pytest.raises(HostError, match="not a signal"):
        detached.control.signal(99)


def test_a_monitor_that_has_ended_is_told(detached: Monitored) -> None:  # noqa: F811
    detached.sh("exec sleep 1000")
    found = detached.control
    pid = found.state()["monitor"]
    os.kill(pid, signal.SIGKILL)
    assert gone(pid)
    with pytest.raises(control.Gone, match="it has ended"):
        found.state()


def test_a_detached_launch_is_started(detached: Monitored) -> None:  # noqa: F811
    launch.start(Launch(ops.encode(detached.plan("sh", "-c", "exit 3")), ("hull", "start")))
    assert detached.end()["code"] == 3


def test_a_detached_launch_that_fails_is_an_error_with_its_code(detached: Monitored) -> None:  # noqa: F811
    with pytest.raises(HostError, match="cannot run nothing-here: No such file") as caught:
        launch.start(Launch(ops.encode(detached.plan("nothing-here")), ("hull", "start")))
    assert caught.value.exit_code == 127


def test_a_failure_of_hull_itself_brings_the_way_to_repeat_it(detached: Monitored) -> None:  # noqa: F811
    plan = detached.plan("true", extra=(("bind", "/nothing", "/m", ""),))
    with pytest.raises(HostError, match="cannot bind /nothing") as caught:
        launch.start(Launch(ops.encode(plan), ("hull", "start")))
    assert caught.value.exit_code == 125
    assert caught.value.hint.startswith("repeat it with: hull-launch --plan")


def test_attach_to_one_that_ends_just_now(tmp_path: pathlib.Path) -> None:
    """It is Gone, not a broken pipe of ours: that would end hull as if its own output had been closed."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(control.path(str(tmp_path)))
        listener.listen(1)

        def leave() -> None:
            listener.close()

        connect = control._connect

        def connected(directory: str) -> socket.socket | None:
            found = connect(directory)
            leave()
            return found

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(control, "_connect", connected)
            with pytest.raises(control.Gone):
                control.Control(str(tmp_path)).attach()
