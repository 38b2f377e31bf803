"""The end of a try leaves as the try did, whatever becomes of its report."""

import pytest
from hull.commands import _trial_ended
from hull.errors import HostError


@pytest.mark.parametrize(
    ("raised", "words", "codes"),
    [
        (KeyboardInterrupt(), (), (3, 3)),
        (KeyboardInterrupt(), (), (0, 0)),
        (KeyboardInterrupt(), ("keep",), (0, 130)),
        (HostError("cannot look", "do"), (), (0, 125)),
        (HostError("cannot look", "do"), (), (3, 3)),
        (OSError(5, "Input/output error"), (), (0, 125)),
    ],
)
def test_what_stops_the_report_is_told_and_the_code_is_the_program_s(
    raised: BaseException,
    words: tuple[str, ...],
    codes: tuple[int, int],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def look(*_: object) -> bool:
        raise raised

    monkeypatch.setenv("HULL_EXIT", str(codes[0]))
    monkeypatch.setattr(_trial_ended._trial, "is_gone", look)
    assert _trial_ended.main("0" * 64, *words) == codes[1]
    told = capsys.readouterr().err
    if isinstance(raised, HostError):
        assert told.endswith("hull: cannot look\n  hint: do\n")
    assert ("hull: " in told) is not isinstance(raised, KeyboardInterrupt)
