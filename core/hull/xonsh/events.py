"""What this shell tells of its containers: on_hull_start, on_hull_exit, on_hull_pull.

A handler runs where nothing waits for it: on_hull_start before anything of the command line is started, on_hull_exit
and on_hull_pull when the terminal is the shell's again, at the latest before the next prompt. Where nobody listens
nothing is asked and nothing is made.
"""

from hull.light import Any

DOCS = {
    "on_hull_start": """on_hull_start(id: str, name: str, image: str, verb: str, command: list) -> None

Fires when a program is about to be started in a container: by run, exec, start -a, or an entered shell's command; for
`run -d` when it runs. `verb` is hull's, `command` the words after the image or the container.
""",
    "on_hull_exit": """on_hull_exit(id: str, name: str, image: str, verb: str, code: int, seconds: float) -> None

Fires when that program has ended, with its exit code (128 + n where signal n ended it) and how long it took. What goes
on in the background is told before the next prompt. What `run -d` started belongs to its monitor: `hull events` tells.
""",
    "on_hull_pull": """on_hull_pull(image: str, seconds: float) -> None

Fires when an image has been pulled by this shell: asked for by `hull pull`, or missing when something was run.
""",
}


def declare(events: Any) -> None:
    """Document the events on xonsh's bus; handlers that are there already stay."""
    for name, text in DOCS.items():
        events.doc(name, text)


def forget(events: Any) -> None:
    """Take away the events that nobody handles, and the documentation of the others."""
    for name in DOCS:
        if not events.exists(name):
            continue
        if len(getattr(events, name)):
            events.doc(name, None)
        else:
            delattr(events, name)


def wanted(events: Any, name: str) -> bool:
    """Whether anybody handles the event."""
    return events.exists(name) and len(getattr(events, name)) > 0


def tell(events: Any, name: str, /, **what: Any) -> None:
    """Fire the event; xonsh prints what a handler raises and goes on."""
    if wanted(events, name):
        getattr(events, name).fire(**what)
