"""`hull search`."""

from hull.commands._verb import Flag, Word
from hull.engine import Engine
from hull.errors import UserError
from hull.images.catalogs import Found
from hull.light import TYPE_CHECKING, Annotated, Any, NamedTuple

if TYPE_CHECKING:
    from hull.images.credentials import Credentials

HEADINGS = {
    "Name": "NAME", "Description": "DESCRIPTION", "StarCount": "STARS", "IsOfficial": "OFFICIAL",
    "IsAutomated": "AUTOMATED",
}  # fmt: skip
LIMIT_MOST = 100
SHORT = 45


class SearchRow(NamedTuple):
    """One repository."""

    name: str
    description: str
    stars: int
    official: bool
    automated: bool = False

    def placeholders(self) -> dict[str, Any]:
        """Return what a template sees."""
        return {
            "Name": self.name,
            "Description": self.description,
            "StarCount": str(self.stars),
            "IsOfficial": "[OK]" if self.official else "",
            "IsAutomated": "[OK]" if self.automated else "",
        }

    @staticmethod
    def headings() -> dict[str, Any]:
        """Return the columns of the placeholders."""
        return HEADINGS

    @staticmethod
    def layout(_rows: Any) -> tuple[str, ...]:
        """Return the columns of the table."""
        return ("Name", "Description", "StarCount", "IsOfficial")


def search(
    engine: Engine,
    term: Annotated[str, Word("what to look for, on Docker Hub or at another registry", "[HOST[:PORT]/]TERM")],
    *,
    limit: Annotated[int, Flag("the most to show, 1 to 100", metavar="N")] = 25,
    filter: Annotated[
        tuple[str, ...], Flag("stars=N, is-official=true|false, is-automated=true|false", "f", "FILTER")
    ] = (),
    no_trunc: Annotated[bool, Flag("print whole descriptions")] = False,
) -> list[SearchRow]:
    """Search a registry for images. One that has no search of its own is asked for its catalog."""
    kept = found(engine, term, limit, filter)
    return [SearchRow(one.name, one.description if no_trunc else shortened(one.description), *one[2:]) for one in kept]


def found(
    engine: Engine, term: str, limit: int, filter: tuple[str, ...], credentials: "Credentials | None" = None
) -> list[Found]:
    """Return the repositories that a registry finds and the filters let through; `credentials` go before files'."""
    from hull import config
    from hull.images import catalogs

    if not 0 < limit <= LIMIT_MOST:
        raise UserError(f"cannot show {limit} results", f"--limit 1 to {LIMIT_MOST}")
    wanted = [_filter(word) for word in filter]
    all_found = catalogs.search(term, limit, config.load(engine.paths.config), credentials)
    return [one for one in all_found if all(_passes(one, key, value) for key, value in wanted)]


def _filter(word: str) -> tuple[str, int]:
    key, _, value = word.partition("=")
    if key == "stars" and value.isdigit():
        return key, int(value)
    if key in ("is-official", "is-automated") and value in ("true", "false", "1", "0"):
        return key, int(value in ("true", "1"))
    raise UserError(f"cannot filter by {word!r}", "stars=N, is-official=true|false, is-automated=true|false")


def _passes(one: Found, key: str, value: int) -> bool:
    if key == "stars":
        return one.stars >= value
    return (one.official if key == "is-official" else one.automated) is bool(value)


def shortened(text: str) -> str:
    """Return a description in the width of a column."""
    return text if len(text) <= SHORT else f"{text[: SHORT - 1]}…"
