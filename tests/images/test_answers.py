"""A confined child's answer arrives as it was: what it tells, its errors, and its end without one."""

import json

import pytest
from hull.errors import Bug, HostError, HullError, RegistryError, UserError
from hull.images import answers


def heard(said: bytes) -> answers.Answer:
    return answers.heard(said, 9, "reading", "cannot read", "hull doctor")


def told(act, capsys) -> tuple[int, bytes]:
    code = answers.tell(act)
    return code, b"a warning" + capsys.readouterr().err.encode()


def raising(error: Exception):
    def act() -> answers.Answer:
        raise error

    return act


def test_what_is_told_is_heard(capsys) -> None:
    code, said = told(lambda: {"size": 3, "notes": ["a\nb"]}, capsys)
    assert (code, heard(said)) == (0, {"size": 3, "notes": ["a\nb"]})


@pytest.mark.parametrize("error", [UserError("a", "b"), RegistryError("a\nb"), Bug("a", "b")])
def test_an_error_keeps_its_kind_and_its_hint(error: HullError, capsys) -> None:
    code, said = told(raising(error), capsys)
    with pytest.raises(type(error)) as found:
        heard(said)
    assert (code, found.value.message, found.value.hint) == (1, error.message, error.hint)


@pytest.mark.parametrize(
    ("error", "kind"),
    [(FileNotFoundError(2, "gone", "/a"), UserError), (FileExistsError(17, "there", b"/a"), HostError)],
)
def test_only_a_path_that_is_not_there_is_the_users_error(error: OSError, kind: type[HullError], capsys) -> None:
    with pytest.raises(kind, match="cannot reach /a: "):
        heard(told(raising(error), capsys)[1])


def test_what_has_no_name_is_called_what_it_is() -> None:
    assert answers.refused(OSError(28, "full"), "a file")["error"] == "cannot reach a file: full"


@pytest.mark.parametrize(
    ("said", "kind", "message"),
    [(b"Traceback: x", Bug, "reading failed: Traceback: x"), (b"", HostError, "cannot read: exit 9"),
     (b"Killed", HostError, "cannot read: Killed"), (json.dumps({}).encode() + b"\n", HostError, "cannot read: {}")],
)  # fmt: skip
def test_an_end_without_an_answer_is_told(said: bytes, kind: type[HullError], message: str) -> None:
    with pytest.raises(kind) as found:
        heard(said)
    assert found.value.message == message
