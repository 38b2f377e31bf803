"""Detached containers under random hands and kills: `ps -a`, the store and /proc agree, and nothing leaks."""

import os

import pytest

from tests.leaks import left, new
from tests.storm.storm import Storm, store

pytestmark = [pytest.mark.serial, pytest.mark.slow, pytest.mark.needs("launcher", "userns", "program:busybox")]

SECONDS = float(os.environ.get("STORM_SECONDS", "30"))
SEED = int(os.environ.get("STORM_SEED", "20"))


def test_a_storm_leaves_agreement_and_nothing_else() -> None:
    with store() as cli:
        before = left(cli.root)
        storm = Storm(cli, SECONDS, SEED)
        storm.begin()
        storm.rage()
        assert storm.settle() == [], storm.done
        assert storm.end() == [], storm.done
        assert new(cli.root, before) == {}
        assert all(storm.done[what] for what in ("stop", "kill", "rm", "exec", "logs", "slay monitor", "slay hull"))
