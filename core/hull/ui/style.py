"""What the classes of the screen look like. Without colours reverse, bold and underline still tell things apart."""

PLAIN = {
    "title": "reverse",
    "title.here": "noreverse bold",
    "header": "bold",
    "name": "bold",
    "chosen": "reverse",
    "chosen.away": "noreverse underline",
    "rule.inside": "bold",
    "tab.here": "bold underline",
    "error": "bold",
    "question": "bold",
    "prompt": "reverse",
    "cursor": "reverse",
    "hint": "bold",
    "match": "reverse",
}
COLOURS = {
    "title": "bg:ansiblue fg:ansiwhite",
    "title.here": "bg:ansiwhite fg:ansiblack bold",
    "chosen": "bg:ansicyan fg:ansiblack",
    "chosen.away": "bg:ansibrightblack fg:ansiwhite",
    "rule": "fg:ansibrightblack",
    "rule.inside": "fg:ansicyan bold",
    "tab.here": "fg:ansicyan bold underline",
    "about": "fg:ansicyan",
    "dim": "fg:ansibrightblack",
    "good": "fg:ansigreen",
    "busy": "fg:ansiyellow",
    "bad": "fg:ansired",
    "note": "fg:ansigreen",
    "error": "fg:ansired bold",
    "question": "fg:ansiyellow bold",
    "hint": "fg:ansicyan bold",
    "key": "fg:ansicyan",
    "string": "fg:ansigreen",
    "number": "fg:ansimagenta",
    "keyword": "fg:ansiyellow",
    "match": "bg:ansiyellow fg:ansiblack",
    "stderr": "fg:ansiyellow",
    "curve.cpu": "fg:ansigreen",
    "curve.memory": "fg:ansicyan",
}


def styles(*, coloured: bool) -> dict[str, str]:
    """Return the style of each class."""
    return PLAIN | COLOURS if coloured else PLAIN
