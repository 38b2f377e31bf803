"""The launcher's environment is made without the shell's slow way, unless the line adds to it."""

import os
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("xonsh", reason="xonsh is not installed")
from hull.xonsh.starting import Start


def started(env: dict[str, str] | None) -> dict[str, Any]:
    """Return what Popen's options would hold that xonsh prepares."""
    telling = SimpleNamespace(start=lambda _: {})
    hull = SimpleNamespace(telling=telling, shell=None)
    own = lambda options: options.update(env="xonsh's")  # noqa: E731
    spec = SimpleNamespace(env=env, cls=None, prep_env_subproc=own)
    Start(hull, None).decorate_spec_pre_run(None, spec, 0)
    options: dict[str, Any] = {}
    spec.prep_env_subproc(options)
    return options


def test_the_environment_is_this_process_s() -> None:
    assert started(None) == {"env": dict(os.environ)}


def test_a_variable_before_the_command_is_xonshs_to_add() -> None:
    assert started({"X": "1"}) == {"env": "xonsh's"}
