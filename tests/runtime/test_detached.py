"""The monitor's ops are pure: spec and image in, ops out."""

import json

import pytest
from hull.model import Health, Image, Spec
from hull.runtime import detached, ops, plan
from hull.runtime.detached import Detached

from tests.runtime.test_plan import CONFINEMENT, IMAGE, site

__all__ = ("CONFINEMENT",)
SHELL = Health(("CMD-SHELL", "test -e /ok"), 1.5, 0.25, 2, 60.0, 0.5)


def monitor(spec: Spec, image: Image = IMAGE, attach: str | None = None) -> dict[str, tuple[str, ...]]:
    return {op[0]: op[1:] for op in detached.monitor(spec, image, "/c/f", Detached(attach))}


def test_what_nobody_said() -> None:
    assert monitor(Spec("busybox")) == {
        "monitor": ("/c/f/monitor",),
        "log": ("json-file", "/c/f/log.json", "0", "1"),
        "restart": ("no", "0"),
        "stop": ("15", "10000"),
    }


def test_what_the_user_said() -> None:
    spec = Spec(
        "busybox",
        restart="on-failure:3",
        log_driver="none",
        stop_signal="USR1",
        stop_timeout=-1,
        interactive=True,
        health=SHELL,
    )
    found = monitor(spec, attach="stdin,signals")
    assert (found["restart"], found["log"][0], found["stop"]) == (("on-failure", "3"), "none", ("10", "-1"))
    assert (found["attach"], found["input"]) == (("/c/f/monitor", "stdin,signals"), ())
    assert found["health"] == ("1500", "250", "2", "60000", "500")


def test_sizes_of_logs_are_bytes() -> None:
    assert monitor(Spec("busybox", log_options=("max-size=1.5m", "max-file=3")))["log"][2:] == ("1572864", "3")


@pytest.mark.parametrize(
    ("asked", "image", "expected"),
    [
        (None, None, None),
        (None, Health(("NONE",)), None),
        (Health(("NONE",)), SHELL, None),
        (Health((), 9.0), None, None),
        (None, SHELL, SHELL),
        (Health((), 9.0), SHELL, SHELL._replace(interval=9.0)),
        (Health(("CMD", "a")), Health(("CMD", "b"), 4.0), Health(("CMD", "a"), 4.0, 30.0, 3, 0.0, 5.0)),
    ],
)
def test_the_check_in_force(asked: Health | None, image: Health | None, expected: Health | None) -> None:
    assert detached.health(Spec("busybox", health=asked), IMAGE._replace(health=image)) == expected


def test_a_line_is_the_shells_and_an_argv_its_own() -> None:
    assert detached.probe(SHELL) == ("/bin/sh", "-c", "test -e /ok")
    assert detached.probe(SHELL, ("/bin/bash", "-ec")) == ("/bin/bash", "-ec", "test -e /ok")
    assert detached.probe(Health(("CMD", "a", "b c")), ("/bin/bash", "-ec")) == ("a", "b c")


@pytest.mark.parametrize(("shell", "words"), [((), ("/bin/sh", "-c")), (("/bin/ash", "-e", "-c"),) * 2])
def test_the_images_shell_runs_the_check(shell: tuple[str, ...], words: tuple[str, ...]) -> None:
    steps = detached.monitor(Spec("busybox", health=SHELL), IMAGE._replace(shell=shell), "/c/f", Detached())
    assert tuple(op[1] for op in steps if op[0] == "health-arg") == (*words, "test -e /ok")


def test_the_whole_plan_encodes_in_the_order_of_its_stages() -> None:
    spec = Spec("busybox", labels=('a="b"',), health=SHELL, remove=True)
    steps = plan.build(spec, IMAGE, site(name="web", events="/s/events", detached=Detached("")))
    assert ops.encode(steps).endswith(b"\0end\0")
    assert [op[0] for op in steps[:6]] == ["id", "status", "events", "monitor", "attach", "log"]
    assert json.loads(steps[2][2]) == {"a": '"b"', "image": "busybox", "name": "web"}


def test_a_foreground_plan_tells_events_and_has_no_monitor() -> None:
    words = [op[0] for op in plan.build(Spec("busybox"), IMAGE, site(name="web", events="/s/events"))]
    assert "events" in words
    assert "monitor" not in words


def test_volumes_that_nobody_named_are_removed_with_rm() -> None:
    from hull.model import Mount

    mounts = (Mount("volume", "/v/abc/_data", "/data", options=("anonymous",)), Mount("volume", "/v/named/_data", "/n"))
    steps = plan.build(Spec("busybox", remove=True), IMAGE, site(mounts=mounts))
    gone = [op for op in steps if op[0].startswith("remove")]
    assert gone == [("remove-volume", "/v/abc"), ("remove", "/c/f")]
    assert ("bind", "/v/abc/_data", "/data", "nosuid,nodev") in steps
