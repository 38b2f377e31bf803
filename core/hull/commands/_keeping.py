"""What keep, undo and redo of the host say and ask: which try and which paths, what must be agreed to."""

import os
import sys

from hull.commands import _trial
from hull.engine import Engine
from hull.errors import UserError
from hull.light import TYPE_CHECKING
from hull.state.containers import Container

if TYPE_CHECKING:
    from hull.trials.journal import Head
    from hull.trials.keeping import Examined
    from hull.trials.touchy import Touchy

Many = tuple[str, ...]
SHOWN = 20


def told_apart(words: Many, name: str) -> tuple[str, Many]:
    """Return the try's name and the paths: what begins with /, ~, . is a path, the first other word names the try."""
    if not name and words and not words[0].startswith(("/", "~", ".")):
        name, words = words[0], words[1:]
    odd = next((word for word in words if not word.startswith(("/", "~", "."))), None)
    if odd is not None:
        raise UserError(f"cannot keep {odd}: it is no path", f"a path begins with /, ./ or ~: ./{odd}")
    return name, tuple(os.path.abspath(os.path.expanduser(word)) for word in words)


def path(word: str) -> str:
    """Return a path as this machine knows it: absolute, links in its directories followed, the entry itself not."""
    if word == "all":
        return word
    from hull.trials.keeping_choosing import followed

    return followed(os.path.abspath(os.path.expanduser(word)))


def ways(word: str) -> Many:
    """Return a path as the try may know it: as it was said, and as this machine knows it."""
    return tuple(dict.fromkeys((word if word == "all" else os.path.abspath(os.path.expanduser(word)), path(word))))


def ended(engine: Engine, name: str) -> Container:
    """Return the try, which must not run: what it has half written is nothing to keep."""
    row = _trial.latest(engine, name)
    if row.image:
        raise UserError(
            f"cannot keep {row.name}: it was made of {row.spec.image}, not of this machine",
            f"hull commit {row.name} IMAGE, or hull cp {row.name}:PATH PATH",
        )
    if engine.containers.status(row).active:
        raise UserError(f"cannot keep {row.name}: it runs", f"hull stop {row.name}, or wait for its end")
    return row


def refuse(row: Container, found: "Examined") -> None:
    """Raise where the host changed meanwhile."""
    from hull.trials import conflicts

    conflicts.refuse(
        found.conflicts,
        f"keep what {row.name} changed",
        lambda one: (
            f"look at them; then for each: --force {one} (the try's version comes, the other is saved for hull undo)"
            f" or --skip {one}"
        ),
    )


def agreed(row: Container, found: "list[Touchy]", trust: Many) -> None:
    """Ask for what runs or opens something later; without a terminal every one must have been named."""
    from hull.trials.keeping_choosing import is_below, spelt

    left = [one for one in found if not is_below(one.path, trust)]
    if not left:
        return
    lines = [f"  {one.kind:9} {one.path!r:.200}: {one.reason}" for one in left[:SHOWN]]
    lines += [f"  and {len(left) - SHOWN} more"] if len(left) > SHOWN else []
    text = "\n".join(lines)
    first = spelt(left[0].path)
    hint = f"hull diff {row.name} -p; then --trust {first} or --skip {first}, or either with `all`"
    what = "1 file that" if len(left) == 1 else f"{len(left)} files that"
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UserError(f"cannot keep {what} will be run or trusted later, unasked:\n{text}", hint)
    sys.stderr.write(f"{row.name} changed {what} will be run or trusted later:\n{text}\nKeep them, too? [y/N] ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise UserError("nothing was kept", hint)


def for_root(row: Container, found: "Examined") -> None:
    """Raise where the caller cannot make all of it so."""
    if not found.root:
        return
    lines = [f"  {one.change.path!r:.200}: {one.root}" for one in found.root[:SHOWN]]
    lines += [f"  and {len(found.root) - SHOWN} more"] if len(found.root) > SHOWN else []
    count = "1 change needs" if len(found.root) == 1 else f"{len(found.root)} changes need"
    raise UserError(
        "\n".join([f"cannot keep all that {row.name} changed: {count} root; nothing was done", *lines]),
        f"hull keep {row.name} --for-root FILE.tar.gz writes them, and a script for root to read and run; "
        f"hull keep {row.name} --own keeps the {len(found.mine)} that are yours",
    )


def counts(head: "Head") -> str:
    """Return how many changes a keep has, in words."""
    told = ((head.added, "added"), (head.changed, "changed"), (head.removed, "removed"))
    return ", ".join(f"{count} {word}" for count, word in told if count) or "nothing"
