"""What a Dockerfile had better not say: Docker's build checks, by Docker's names, told without building.

A file turns rules off by `# check=skip=RULE,RULE` (or `skip=all`), and warnings into errors by `# check=error=true`.
Not here: UndefinedVar of stages that begin with an image, whose variables nobody knows before it is here.
"""

from collections.abc import Callable, Iterator, Mapping

from hull.dockerfile import model
from hull.dockerfile.place import Place
from hull.light import NamedTuple

Found = Iterator[tuple[Place, str]]


class Known(NamedTuple):
    """What the rules look at.

    `arguments` are what FROM lines may use, `defaults` the same without any --build-arg; `ignores` tells what
    .dockerignore leaves out.
    """

    file: model.Dockerfile
    arguments: Mapping[str, str]
    defaults: Mapping[str, str]
    ignores: Callable[[str], bool]


class Finding(NamedTuple):
    """One finding: the rule's name, what is wrong, and where."""

    rule: str
    message: str
    at: Place

    def __str__(self) -> str:
        place = self.at
        lines = place.text.split("\n")[: place.last - place.line + 1]
        shown = "".join(f"\n  {number} | {line}" for number, line in enumerate(lines, place.line))
        return f"WARNING: {self.rule}\n{self.message}\n{place.file}:{place.line}{shown}"


class Directive(NamedTuple):
    """`# check=`: rules that are off ("all": every one), and whether a warning is an error."""

    skip: frozenset[str] = frozenset()
    error: bool = False


def directive(text: str) -> Directive:
    """Read `skip=RULE,RULE;error=true`; words that are none of these mean nothing, as with Docker."""
    fields = {key.strip(): value for key, _, value in (part.partition("=") for part in text.split(";"))}
    skip = frozenset(name.strip().lower() for name in fields.get("skip", "").split(",") if name.strip())
    return Directive(skip, fields.get("error", "").strip().lower() == "true")


def run(known: Known, off: frozenset[str] = frozenset()) -> list[Finding]:
    """Return the findings in the file's order, those of rules that are `off` left out."""
    from hull.dockerfile import checks_sense, checks_style

    if "all" in off:
        return []
    found: list[Finding] = []
    for rule in (*checks_style.RULES, *checks_sense.RULES):
        name = title(rule.__name__)
        if name.lower() not in off:
            found += [Finding(name, message, at) for at, message in rule(known)]
    return sorted(found, key=lambda one: one.at.line)


def title(name: str) -> str:
    """Return a rule's name as Docker writes it: stage_name_casing → StageNameCasing."""
    return "".join("JSON" if part == "json" else part.capitalize() for part in name.split("_"))


def keyword(at: Place) -> str:
    """Return an instruction's first word as it was written."""
    return (at.text.split(maxsplit=1) or [""])[0]


def every(known: Known) -> Iterator[model.Instruction | model.From]:
    """Yield all instructions, FROM among them."""
    yield from known.file.arguments
    for stage in known.file.stages:
        yield stage.origin
        yield from stage.instructions
