"""History that names the container a command ran in: a field `info` of xonsh's own items, wherever xonsh keeps them.

Only an item that xonsh keeps gets one: what $HISTCONTROL and $XONSH_HISTORY_IGNORE_REGEX leave out stays out. A name,
an id, an image and the verb are all that is added; flags and variables are in the command line, which xonsh keeps.
"""

from collections.abc import Callable

from hull.light import Any

FIELD = "hull"
KEPT = ("id", "name", "image", "verb")


class Remembering:
    """Notes what the command line that runs has started; the next item of the history takes the notes."""

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._notes: list[dict[str, str]] = []
        self._history: Any = None

    def wanted(self) -> bool:
        """Whether this shell has a history: a script has none."""
        history = self._shell.history
        return history is not None and type(history).__name__ != "DummyHistory"

    def note(self, about: dict[str, Any]) -> None:
        """Note that the command line started something in a container."""
        if "name" not in about or not self.wanted():
            return
        if self._history is not self._shell.history:
            self.close()
            self._history = self._shell.history
            self._history.append = self._naming(self._history.append)
        self._notes.append({key: about[key] for key in KEPT})

    def close(self) -> None:
        """Let the history be as xonsh made it."""
        if self._history is not None:
            vars(self._history).pop("append", None)
            self._history = None
        self._notes.clear()

    def _naming(self, append: Callable[[dict[str, Any]], Any]) -> Callable[[dict[str, Any]], Any]:
        def named(item: dict[str, Any]) -> Any:
            notes, self._notes = self._notes, []
            if notes:
                item["info"] = {**(item.get("info") or {}), FIELD: notes}
            return append(item)

        return named
