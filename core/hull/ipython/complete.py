"""Completion of `%hull …`, `hull …` and `x = %hull …` by IPython's matcher protocol, version 2."""

import os
import re

from IPython.core.completer import SimpleCompletion, context_matcher

from hull.light import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hull.commands._complete import Candidate, Completer
    from hull.commands._complete_words import Cut

LINE = re.compile(r"(?:^|[=\s])(?P<percent>%{0,2})hull\s+(?P<line>[^\n]*)$")
NOTHING: dict[str, Any] = {"completions": [], "suppress": False}


def matcher(shell: Any) -> Any:
    """Return the matcher. It answers from what is here, waits for nothing and raises nothing.

    Its `tags_key` handles the key of the shell's terminal that asks a registry for tags, where there are keys.
    """
    from hull.commands._complete import Completer

    completer = Completer()

    @context_matcher(identifier="hull", priority=100)  # type: ignore[untyped-decorator,unused-ignore]
    def hull_matcher(context: Any) -> dict[str, Any]:
        found = LINE.search(context.text_until_cursor)
        if found is None:
            return {**NOTHING}  # IPython writes into what it gets
        from hull.commands._complete_words import cut

        words = cut(found["line"])
        before = words.before
        if found["percent"] == "%%" and before[:1] not in (("run",), ("exec",)):
            before = ("run",) if words.last.startswith("-") else ("run", *before)  # flags may follow a cell's image
        return _offer(words._replace(before=before), found["line"], completer)

    hull_matcher.tags_key = _tags_key(shell)
    return hull_matcher


def _tags_key(shell: Any) -> Any:
    bindings = getattr(getattr(shell, "pt_app", None), "key_bindings", None)
    if bindings is None:
        return None
    from hull import paths
    from hull.commands import _complete_remote

    return _complete_remote.bind(bindings, paths.find)


def _offer(words: "Cut", line: str, completer: "Completer") -> dict[str, Any]:
    from hull.commands._complete_place import Line
    from hull.commands._complete_words import quoted

    offered = completer(Line(words.before, words.last), dict(os.environ))
    completions = []
    for one in _with_files(offered, words.last):
        text = quoted(one.text, words.quote)
        end = "" if one.goes_on else f"{words.quote} "
        completions.append(SimpleCompletion(f"{text}{end}", type=one.about))
    return {
        "completions": completions,
        "matched_fragment": line[words.start :],
        "suppress": bool(completions),
        "ordered": True,
    }


def _with_files(offered: "list[Candidate]", prefix: str) -> "Iterator[Candidate]":
    from hull.commands._complete import FILES, Candidate
    from hull.commands._complete_values import host_paths

    for one in offered:
        if one is not FILES:
            yield one
            continue
        flag, equals, value = prefix.rpartition("=") if prefix.startswith("--") else ("", "", prefix)
        for path, about in host_paths(value, os.environ.get("HOME", "")):
            if path.isprintable():
                yield Candidate(f"{flag}{equals}{path}", about)
