"""Words of a container's life, parsed once."""

import pytest
from hull.commands import _life
from hull.errors import UserError
from hull.model import Health
from hull.units import read_span

NOTHING = (None, None, None, None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", "no"), ("no", "no"), ("always", "always"), ("on-failure:0", "on-failure"), ("on-failure:03", "on-failure:3")],
)
def test_restart(text: str, expected: str) -> None:
    assert _life.restart(text) == expected


@pytest.mark.parametrize("text", ["maybe", "always:3", "on-failure:", "on-failure:-1", "on-failure:x", ":3"])
def test_no_such_restart(text: str) -> None:
    with pytest.raises(UserError):
        _life.restart(text)


@pytest.mark.parametrize(
    ("text", "seconds"), [("1m30s", 90.0), ("500ms", 0.5), ("1.5h", 5400.0), ("3", 3.0), ("0s", 0.0), ("2us", 2e-6)]
)
def test_times(text: str, seconds: float) -> None:
    assert read_span(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "x", "5x", "1m3", ".", "-1s", "1..2s", "m", "1 s", "1,5s"])
def test_no_times(text: str) -> None:
    with pytest.raises(UserError):
        read_span(text)


def test_health() -> None:
    assert _life.health(None, NOTHING, None, none=False) is None
    assert _life.health(None, NOTHING, None, none=True) == Health(("NONE",))
    found = _life.health("true", ("1s", None, None, "100ms"), 2, none=False)
    assert found == Health(("CMD-SHELL", "true"), 1.0, 0.0, 2, 0.0, 0.1)
    assert _life.health(None, ("1s", None, None, None), None, none=False) == Health((), 1.0)


@pytest.mark.parametrize(("times", "retries"), [(("1us", None, None, None), None), (NOTHING, -1)])
def test_health_out_of_bounds(times: tuple[str | None, ...], retries: int | None) -> None:
    with pytest.raises(UserError):
        _life.health("true", times, retries, none=False)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", ""), ("a", "61"), ("ctrl-p,ctrl-q", "1011"), ("ctrl-@,CTRL-[", "001b"), ("ctrl-\\\\", "1c")],
)
def test_detach_keys(text: str, expected: str) -> None:
    assert _life.detach_keys(text.replace("\\\\", "\\")) == expected


@pytest.mark.parametrize("text", ["ctrl-.", "ctrl-", "ab", "ctrl-p,,", "é"])
def test_no_detach_keys(text: str) -> None:
    with pytest.raises(UserError):
        _life.detach_keys(text)


def test_options_of_attach() -> None:
    assert _life.attach_options(stdin=True, signals=True, keys="ctrl-p,x") == "stdin,signals,detach-keys=1078"
    assert _life.attach_options(stdin=False, signals=False, keys="") == ""
