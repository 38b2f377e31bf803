"""What bash's completion needs: words cut and quoted as readline has them, listed with what they are."""

from hull.commands._complete import FILES, Candidate, Completer
from hull.commands._complete_place import Line
from hull.commands._complete_values import host_paths
from hull.commands._complete_words import cut, quoted

LISTING = ("33", "63", "64")  # COMP_TYPE where readline shows the candidates: !, ?, @
WIDEST = 60  # columns a candidate may take before what it is


def answer(words: tuple[str, ...], environ: dict[str, str]) -> list[str]:
    """Return the options of compopt, then a line a candidate.

    The words are: the line up to the cursor, what follows it, readline's own word, COMP_TYPE, the columns.
    """
    text, rest, part, kind, columns = (*words, *("",) * 5)[:5]
    line = cut(text)
    after = cut(f"x{rest} ").before[1:]
    asked = Line(line.before[1:], line.last, after)
    found = Completer()(asked, environ)
    head = "" if line.quote else cut(text[line.start : len(text) - _overlap(text[line.start :], part)]).last
    if found == [FILES] and not line.quote:
        return ["filenames"]
    offered = [one for one in _listed(found, line.last, environ) if one.text.startswith(head)]
    texts = [one.text[len(head) :] if line.quote else quoted(one.text[len(head) :]) for one in offered]
    if len(texts) > 1 and kind in LISTING:
        texts = described(texts, [one.about for one in offered], int(columns) if columns.isdigit() else 80)
    options = "nospace nosort" if len(offered) == 1 and offered[0].goes_on else "nosort"
    return [options, *texts]


def _overlap(word: str, part: str) -> int:
    """Return how many characters at the end of `word` readline takes for its own; it breaks words at : and =."""
    if not part.strip(":="):
        return 0
    return next((size for size in range(len(part), 0, -1) if word.endswith(part[:size])), 0)


def _listed(found: list[Candidate], prefix: str, environ: dict[str, str]) -> list[Candidate]:
    """Return the candidates with this machine's paths among them, where they belong."""
    offered: list[Candidate] = []
    for one in found:
        if one is not FILES:
            offered.append(one)
            continue
        flag, equals, value = prefix.rpartition("=") if prefix.startswith("--") else ("", "", prefix)
        paths = host_paths(value, environ.get("HOME", ""))
        offered += [Candidate(f"{flag}{equals}{path}", about) for path, about in paths if path.isprintable()]
    return offered


def described(texts: list[str], abouts: list[str], columns: int) -> list[str]:
    """Return each text with what it is in brackets, no wider than the terminal."""
    width = min(max(map(len, texts)), WIDEST)
    lines = []
    for text, about in zip(texts, abouts, strict=True):
        room = columns - max(width, len(text)) - 5
        lines.append(f"{text:<{width}}  ({about[:room]})" if about and room > len("(…)") else text)
    return lines
