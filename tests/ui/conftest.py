"""A screen's state without a terminal, filled by hand."""

import time

import pytest

pytest.importorskip("prompt_toolkit", reason="prompt_toolkit is not installed")

from hull.commands._listing import ContainerRow
from hull.commands.stats import StatsRow
from hull.ui.painting import paint
from hull.ui.state import State

BORN = float(int(time.time()) - 7200)


def container(name, state="running", **more):
    now = float(int(time.time()))
    values = {
        "id": f"{name}-id", "image": "debian", "command": '"sleep 9"', "created": BORN, "state": state,
        "status": "", "exit_code": 0, "health": "", "started": now - 185, "finished": now - 60, "ports": "",
        "names": name, "labels": {}, "mounts": (), "local_volumes": 0, "networks": (),
    }  # fmt: skip
    return ContainerRow(**{**values, **more})


def used(name, cpu=1.5, memory=4_000_000, source="cgroup"):
    return StatsRow(f"{name}-id", name, cpu, memory, 8_000_000, 1000, 2000, 0, 0, 3, source)


def text_of(frame):
    return ["".join(part for _, part in line) for line in frame.lines]


def shown(state, width=80, height=24):
    return text_of(paint(state, width, height))


@pytest.fixture
def state():
    """Three containers, one of them ended; the first is chosen."""
    made = State()
    made.put_containers([container("web"), container("db"), container("old", "exited", exit_code=3)])
    made.put_used([used("web", 12.5), used("db", 99.0)])
    return made
