"""Inside the block this process has the shell's variables, C's own view included; behind it, its own."""

import contextlib
import os
import subprocess
from collections.abc import Mapping

import pytest

pytest.importorskip("xonsh", reason="xonsh is not installed")
from hull.xonsh.caller import caller


def sized(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables but a terminal's size: readline sets that, in C alone."""
    return {name: value for name, value in environ.items() if name not in ("LINES", "COLUMNS")}


def seen() -> dict[str, str]:
    """Return what a child finds that is given nothing."""
    text = subprocess.run(["/usr/bin/env", "-0"], capture_output=True, check=True).stdout
    return sized(dict(os.fsdecode(item).split("=", 1) for item in text.split(b"\0") if item))


def test_a_child_sees_exactly_the_shells_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HULL_KEPT", "same")
    monkeypatch.setenv("HULL_CHANGED", "before")
    monkeypatch.setenv("HULL_GONE", "before")
    before, shell = seen(), {"HULL_KEPT": "same", "HULL_CHANGED": "inside", "HULL_NEW": "a\nb\udcff"}
    with contextlib.suppress(ValueError), caller(shell):
        assert seen() == sized(os.environ) == shell
        os.environ["HULL_SET_INSIDE"] = "1"
        raise ValueError
    assert seen() == sized(os.environ) == before
