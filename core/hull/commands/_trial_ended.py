"""What is said when a try has ended, on a terminal: the launcher becomes this program once everything else is done.

`python -P -m hull.commands._trial_ended IDENT [keep] [closed]`: closed is a try without a network. HULL_EXIT is the
code to leave with, HULL_EXIT_SIGNAL the signal that ended the program from the terminal, 0 for none: the shell's loop
ends with it.
"""

import os
import sys

from hull import log
from hull.commands import _trial
from hull.engine import Engine
from hull.errors import HullError
from hull.state.containers import Container

NOTHING = "try: nothing was changed"
INTERRUPTED = 130  # the exit code of a keep that was
UNTOLD = (0, 126, 127, 130)  # codes that say themselves why


def program(row: Container, *, keep: bool) -> tuple[tuple[str, ...], ...]:
    """Return the ops that make the launcher become this program."""
    closed = ("closed",) if row.spec.network == "none" else ()
    words = (sys.executable, "-P", "-m", "hull.commands._trial_ended", row.id, *(("keep",) if keep else ()), *closed)
    return tuple(("then", word) for word in words)


def lines(engine: Engine, row: Container, hint: list[str]) -> list[str]:
    """Return the report of an ended try; one that nobody named and nothing was changed in is gone after this."""
    if _trial.judge(engine, row):
        return [NOTHING, *hint]
    name = row.name
    return [
        f"try {name}: {_counted(engine, row)}{_by(engine, row)}",
        *hint,
        f"hull diff {name} · hull keep {name} · hull drop {name}",
    ]


def _counted(engine: Engine, row: Container) -> str:
    from hull.trials import reporting, walking

    return reporting.counted(walking.of_try(engine, row, moved=False))


def _by(engine: Engine, row: Container) -> str:
    """Say which engine it was where that bounds what could be changed."""
    from hull.trials import decided

    found = decided.read(engine.paths.container(row.id))
    if found is None or found.engine != "kernel" or not found.why or row.config.layers:
        return ""
    return f" (engine kernel, {found.why}: only files of yours could be)"


def _network(code: int) -> list[str]:
    if code in UNTOLD:
        return []
    return ["it had no network: --net opens one"]


def _withheld(engine: Engine, ident: str, code: int) -> list[str]:
    """Say what one that failed did not see: secrets and variables, by name."""
    from hull.trials import box

    told = box.withheld(box.noted(engine.paths.container(ident)), os.environ.get("HOME", ""))
    return [told] if told and code not in UNTOLD else []


def main(ident: str, *words: str) -> int:
    """Report on standard error and leave as the try did, whatever becomes of the report."""
    code, signal = int(os.environ.pop("HULL_EXIT", "0")), int(os.environ.pop("HULL_EXIT_SIGNAL", "0"))
    try:
        code = _ended(ident, code, words)
    except KeyboardInterrupt:
        sys.stderr.write("\n")  # who does not wait for the report has what the try left all the same
        code = code or (INTERRUPTED if "keep" in words else 0)
    except HullError as error:
        sys.stderr.write(f"hull: {error.message}\n" + (f"  hint: {error.hint}\n" if error.hint else ""))
        code = code or error.exit_code
    except Exception as error:  # noqa: BLE001 (the edge: nothing else would tell the user)
        sys.stderr.write(f"hull: cannot tell what the try changed: {error}\n  hint: hull diff tells it\n")
        code = code or HullError.exit_code
    if signal:
        _die_of(signal)
    return code


def _ended(ident: str, code: int, words: tuple[str, ...]) -> int:
    engine = Engine(events=_say)
    hint = _network(code) if "closed" in words else []
    if _trial.is_gone(engine, ident):
        said = [NOTHING, *hint]
    elif "keep" in words and code == 0:
        code, said = _keep(engine.containers.find(ident)), []
    else:
        said = lines(engine, engine.containers.find(ident), [*hint, *_withheld(engine, ident, code)])
    sys.stderr.writelines(f"{line}\n" for line in said)
    return code


def _keep(row: Container) -> int:
    """Keep everything by the command line, which shows and asks; return its exit code."""
    import subprocess

    return subprocess.run(
        [sys.executable, "-P", "-m", "hull", "keep", "--in", row.name], check=False, stdout=2
    ).returncode


def _say(event: log.Event) -> None:
    if event.kind == "warning":
        sys.stderr.write(f"hull: warning: {event.text}\n")


def _die_of(number: int) -> None:
    import signal

    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
