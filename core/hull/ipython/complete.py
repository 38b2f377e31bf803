"""Completion of `%hull …`, `hull …` and `x = %hull …` by IPython's matcher protocol, version 2."""

import re
from collections.abc import Callable

from IPython.core.completer import SimpleCompletion, context_matcher

from hull.light import Any

LINE = re.compile(r"(?:^|[=\s])(?P<percent>%{0,2})hull\s+(?P<line>[^\n]*)$")


def matcher(engine: Callable[[], Any]) -> Any:
    """Return the matcher; `engine` is asked only where a name of an image or container may stand."""

    @context_matcher(identifier="hull", priority=100)  # type: ignore[untyped-decorator,unused-ignore]
    def hull_matcher(context: Any) -> dict[str, Any]:
        found = LINE.search(context.text_until_cursor)
        if found is None:
            return {"completions": [], "suppress": False}
        *before, prefix = found["line"].split(" ")
        words = [word for word in before if word]
        if found["percent"] == "%%" and words[:1] not in (["run"], ["exec"]):
            words = ["run"] if prefix.startswith("-") else ["run", *words]  # flags may follow a cell's image
        return _offer(words, prefix, engine)

    return hull_matcher


def _offer(words: list[str], prefix: str, engine: Callable[[], Any]) -> dict[str, Any]:
    from hull.commands._complete import FILES, candidates

    offered = candidates(words, prefix, engine)
    completions = [SimpleCompletion(c.text + " ", type=c.about) for c in offered if c is not FILES]
    return {
        "completions": completions,
        "matched_fragment": prefix,
        "suppress": bool(completions),
        "ordered": True,
    }
