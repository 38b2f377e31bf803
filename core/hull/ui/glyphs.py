"""The shapes that a terminal can show: UTF-8's, or ASCII's."""

from collections.abc import Mapping
from typing import NamedTuple


class Glyphs(NamedTuple):
    """What is drawn with. `levels` are bars from nothing to full."""

    unicode: bool
    rule: str
    beside: str
    more: str
    folded: str
    unfolded: str
    levels: str
    states: Mapping[str, str]

    def shown(self, text: str) -> str:
        """Return text in the characters that the terminal has."""
        return text if self.unicode or text.isascii() else text.encode("ascii", "replace").decode()


UTF8 = Glyphs(
    True, "─", "│", "…", "▸", "▾", " ▁▂▃▄▅▆▇█",
    {"running": "●", "paused": "‖", "restarting": "↻", "stopping": "◌", "exited": "○", "created": "·", "dead": "✗",
     "removing": "✗"},
)  # fmt: skip
ASCII = Glyphs(
    False, "-", "|", "~", "+", "-", " .:-=+*%#",
    {"running": "*", "paused": "=", "restarting": "@", "stopping": "~", "exited": "o", "created": ".", "dead": "x",
     "removing": "x"},
)  # fmt: skip


def of_terminal(environ: Mapping[str, str]) -> Glyphs:
    """Return the glyphs of the terminal that an environment describes.

    `environ` is the one the process was started with: Python may have added a UTF-8 locale of its own since. The
    console of Linux has UTF-8 without the shapes.
    """
    named = environ.get("LC_ALL") or environ.get("LC_CTYPE") or environ.get("LANG") or ""
    wide = named.lower().replace("-", "").partition("@")[0].endswith("utf8")
    return UTF8 if wide and environ.get("TERM") != "linux" else ASCII


def given() -> dict[str, str]:
    """Return the environment that this process was started with."""
    with open("/proc/self/environ", "rb") as file:
        words = file.read().decode(errors="replace").split("\0")
    return dict(word.partition("=")[::2] for word in words if "=" in word)
