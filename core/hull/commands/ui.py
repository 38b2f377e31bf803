"""hull ui: a full-screen live view of everything, to look at and to act on."""

import sys

from hull.commands import _whole_terminal
from hull.commands._verb import Flag, Word
from hull.engine import Engine
from hull.light import Annotated, NamedTuple

LISTS = ("containers", "images", "networks", "volumes", "events")


class View(NamedTuple):
    """What a front is to open on its terminal; one that has none of its own runs `words` as a program.

    `container` is an id, "" for the first one; `tab` its details that are shown.
    """

    container: str = ""
    pane: str = LISTS[0]
    tab: str = ""
    mouse: bool = True

    @property
    def words(self) -> tuple[str, ...]:
        """The command line that opens it."""
        verb = ("top", "-i") if self.tab else ("ui", f"--pane={self.pane}", f"--mouse={str(self.mouse).lower()}")
        return (sys.executable, "-P", "-m", "hull", *verb, *filter(None, (self.container,)))

    @property
    def full_screen(self) -> str:
        """The screen that shows it: a front knows it by that."""
        return "view"


def ui(
    engine: Engine,
    container: Annotated[str, Word("name or id of the container to begin at", complete="container")] = "",
    *,
    pane: Annotated[str, Flag("begin with this list", choices=LISTS, metavar="LIST")] = LISTS[0],
    mouse: Annotated[bool, Flag("take clicks and the wheel; the terminal selects text with Shift then")] = True,
) -> View:
    """Show containers, images, networks and volumes live on the whole terminal; `?` there lists the keys."""
    return view(engine, container, pane, mouse=mouse)


def view(engine: Engine, container: str, pane: str = LISTS[0], tab: str = "", *, mouse: bool = True) -> View:
    """Return the view, or say why this place has none."""
    _whole_terminal.check(
        "open the live view",
        "hull ps and hull stats print what it shows; in a notebook %hull ps and %hull stats --no-stream",
        "use hull ps and hull stats",
    )
    return View(engine.containers.find(container).id if container else "", pane, tab, mouse)
