"""The script of a parcel: POSIX sh that a person can read, which checks, saves, applies and undoes."""

import os
import re
import shlex

from hull.light import TYPE_CHECKING
from hull.trials.changes import XATTR
from hull.trials.parcel_shell import HEAD, MIDDLE, TAIL

if TYPE_CHECKING:
    from hull.trials.parcel import Item


def write(name: str, token: str, items: "list[Item]") -> str:
    """Return the script of these changes."""
    directories = list(enumerate(_directories(items), 1))
    back = [line for item in reversed(items) for line in _back(item)]
    back += [f"again d{number} {shlex.quote(path)}" for number, path in directories]
    words = {
        "NAME": name,
        "COUNT": str(len(items)),
        "TOKEN": token,
        "NOTES": "\n".join(f"# Look at: {note}" for note in _notes(items))
        or "# No devices, set-id bits or file capabilities.",
        "BACK": "\n".join(f"    {line}" for line in back),
        "SAME": "\n".join(f"        same {item.number} {_path(item)}" for item in items),
    }
    head = re.sub("__(" + "|".join(words) + ")__", lambda found: words[found[1]], HEAD)
    done = [f"when d{number} {shlex.quote(path)}" for number, path in directories]
    done += [line for item in items for line in _lines(item)]
    done += [line for item in reversed(items) for line in _time(item)]
    return head + "\n".join([*_checks(items), MIDDLE, *done, TAIL])


def _checks(items: "list[Item]") -> list[str]:
    """Return what is looked at before anything is touched."""
    lines = [f"check {item.number} {_path(item)} {shlex.quote(item.base)}" for item in items if item.base]
    if any(item.change.new is not None and (item.change.new.xattrs or _in_place(item)) for item in items):
        lines += ["need setfattr attr", "need getfattr attr"]
    return [*lines, "need awk mawk"] if any(item.by_lines for item in items) else lines


def _directories(items: "list[Item]") -> list[str]:
    """Return the directories that are there before and in which names come and go: they get their times back."""
    made = {item.change.path for item in items if item.chosen.is_directory and item.chosen.replaces}
    above = (os.path.dirname(item.change.path) for item in items if item.base)
    return [path for path in dict.fromkeys(above) if path not in made]


def _in_place(item: "Item") -> bool:
    """Whether attributes change and the file stays."""
    return not item.chosen.replaces and XATTR in item.change.what


def _back(item: "Item") -> list[str]:
    """Return the lines that take one change back."""
    lines = [f"back {item.number} {_path(item)}"]
    if _in_place(item) and item.change.new is not None:
        keys = " ".join(shlex.quote(key) for key, _ in item.change.new.xattrs)
        lines.insert(0, f"strip {item.number} {_path(item)} {keys}")
    return lines


def _time(item: "Item") -> list[str]:
    """Return the line that gives a directory its time once all is in it."""
    new = item.change.new
    return [f'touch -c -d @{_when(item)} "$root"{_path(item)}'] if new is not None and new.kind == "directory" else []


def _when(item: "Item") -> str:
    new = item.change.new
    return "" if new is None else f"{new.mtime // 10**9}.{new.mtime % 10**9:09}"


def _path(item: "Item") -> str:
    return shlex.quote(item.change.path)


def _lines(item: "Item") -> list[str]:
    """Return the lines that make one change: what is there is saved first, what came is told last."""
    change, path, number = item.change, _path(item), item.number
    new = change.new
    if new is None:
        return [
            f"keep {number} {path}; told {number} {path}",
            f'rm -rf --one-file-system -- "$root"{path}; told {number} {path}',
        ]
    owner, when, mode = f"{item.chosen.uid}:{item.chosen.gid}", _when(item), f"{new.mode:o}"
    if item.chosen.replaces:
        found = [f"keep {number} {path}; told {number} {path}; {_make(item, path, mode, owner, when)}"]
        keys = new.xattrs if new.kind in ("file", "directory") else ()
    else:
        save = f"attributes {number} {path}; " if _in_place(item) else ""
        found = [f"{save}meta {number} {path}; told {number} {path}; own {path} {mode} {owner} {when}"]
        keys = new.xattrs if _in_place(item) else ()
        gone = {key for key, _ in change.old.xattrs} - {key for key, _ in keys} if change.old and save else set()
        found += [f'setfattr -h -x {shlex.quote(key)} -- "$root"{path}' for key in sorted(gone)]
    found += [f'setfattr -h -n {shlex.quote(key)} -v 0x{value.hex()} -- "$root"{path}' for key, value in keys]
    return [*found, f"told {number} {path}"]


def _make(item: "Item", path: str, mode: str, owner: str, when: str) -> str:
    new = item.change.new
    assert new is not None  # noqa: S101 (the caller looked)
    if item.change.blind:
        return f"{'merge' if item.by_lines else 'add'} {item.number} {path}"
    own = f"own {path} {mode} {owner} {when}"
    if item.first:
        return f'clear {path}; ln -fT -- "$root"{shlex.quote(item.first)} "$root"{path}'
    if new.kind == "file":
        return f"put {item.number} {path} {mode} {owner} {when}"
    if new.kind == "directory":
        return f'rm -f -- "$root"{path}; mkdir -- "$root"{path}; {own}'
    if new.kind == "link":
        return f'clear {path}; ln -sfT -- {shlex.quote(new.target)} "$root"{path}; {own}'
    word = {"fifo": "p", "char": "c", "block": "b"}.get(new.kind, "")
    numbers = f" {os.major(new.device)} {os.minor(new.device)}" if word in ("c", "b") else ""
    return f'clear {path}; rm -f -- "$root"{path}; mknod "$root"{path} {word}{numbers}; {own}' if word else ":"


def _notes(items: "list[Item]") -> list[str]:
    found = []
    for item in items:
        new, path = item.change.new, f"{item.change.path!r}"
        if new is None:
            continue
        if new.kind in ("char", "block"):
            found.append(f"{path} is a device")
        if new.mode & 0o6000 and new.kind == "file":
            found.append(f"{path} runs with its owner's rights ({new.mode:o})")
        if any(key == "security.capability" for key, _ in new.xattrs):
            found.append(f"{path} has file capabilities")
        if item.chosen.uid:
            found.append(f"{path} is to belong to {item.chosen.uid}:{item.chosen.gid}")
    return found
