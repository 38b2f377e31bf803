"""What every carrier of values says: that none came, that a name is none, and words of a stranger's."""

from collections.abc import Iterable

from hull.errors import HullError, UserError


class NoAnswer(HullError):  # noqa: N818 (what it is)
    """The cell ended before it gave its values: by an exception, or by itself."""

    def __init__(self, place: str, code: int) -> None:
        how = f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
        super().__init__(f"the cell in {place} {how}", "nothing was assigned")
        self.exit_code = code or 1


def check_names(names: Iterable[str]) -> None:
    """Fail if a name is no variable's."""
    for name in names:
        if not name.isidentifier():
            raise UserError(f"cannot use {name!r} as the name of a value", "names are Python's: df, my_result")


def printable(text: object) -> str:
    """Return text of the other side's without what a terminal would obey."""
    return "".join(c if c.isprintable() else "?" for c in text[:500]) if isinstance(text, str) else ""
