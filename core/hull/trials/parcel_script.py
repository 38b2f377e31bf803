"""The script of a parcel: POSIX sh that a person can read, which checks, saves, applies and undoes."""

import shlex

from hull.light import TYPE_CHECKING

if TYPE_CHECKING:
    from hull.trials.parcel import Item

HEAD = r"""#!/bin/sh
# What the try __NAME__ changed and you, its user, may not: __COUNT__ changes. Written by hull keep --for-root.
#
#   sh apply.sh [ROOT]          check everything, then do it; ROOT is / if it is left out
#   sh apply.sh --undo [ROOT]   take it back
#
# Nothing is touched unless every file is as hull saw it. Old versions are saved in ROOT/var/lib/hull-parcels/__TOKEN__.
__NOTES__
set -eu
umask 077
PATH=/usr/sbin:/usr/bin:/sbin:/bin
mode=apply
if [ "${1:-}" = --undo ]; then mode=undo; shift; fi
root=${1:-}; root=${root%/}
here=$(cd -P "$(dirname "$0")" && pwd -P)
saved=$root/var/lib/hull-parcels/__TOKEN__
bad=0

complain() { echo "apply.sh: $*" >&2; bad=1; }
there() { [ -e "$1" ] || [ -L "$1" ]; }
kind() {
    if [ -L "$1" ]; then echo link; elif [ -d "$1" ]; then echo directory; elif [ -f "$1" ]; then echo file
    elif [ -e "$1" ]; then echo other; else echo -; fi
}
sum() { echo "sha256:$(sha256sum < "$1" | cut -d ' ' -f 1)"; }
state() { # what tells a version: kind, owner, mode, and content or target
    case $(kind "$1") in
        -) echo - ;;
        file) echo "$(sum "$1") $(stat -c '%u:%g %a' "$1")" ;;
        link) echo "link $(readlink "$1")" ;;
        *) echo "$(kind "$1") $(stat -c '%u:%g %a' "$1")" ;;
    esac
}
plain() { # no link on the way may lead elsewhere
    dir=$(dirname "$root$1")
    while [ ! -d "$dir" ] && [ ! -L "$dir" ]; do dir=$(dirname "$dir"); done
    [ "$(cd -P "$dir" && pwd -P)" = "${dir%/}" ] || [ "$dir" = / ] || complain "$1: there is a link on the way to it"
}
check() { # NUMBER PATH BASE
    plain "$2"
    case $3 in
        sha256:*) [ "$(kind "$root$2")" = file ] && [ "$(sum "$root$2")" = "$3" ] || complain "$2: it changed" ;;
        *) [ "$(kind "$root$2")" = "$3" ] || complain "$2: it is not what it was ($3)" ;;
    esac
}
keep() { # NUMBER PATH: save what is there
    if there "$root$2"; then cp -a -- "$root$2" "$saved/$1"; else : > "$saved/$1.none"; fi
}
told() { state "$root$2" > "$saved/$1.after"; }
own() { chown -h "$3" "$root$1"; [ -L "$root$1" ] || chmod "$2" "$root$1"; touch -h -d "@$4" "$root$1"; }
put() { # NUMBER PATH MODE OWNER TIME
    new=$(dirname "$root$2")/.hull-parcel-$1
    cp -- "$here/files/$1" "$new"
    chown "$4" "$new"; chmod "$3" "$new"; touch -d "@$5" "$new"
    clear "$2"; mv -fT -- "$new" "$root$2"
}
clear() { # a directory gives way to something else
    if [ -d "$root$1" ] && [ ! -L "$root$1" ]; then rm -rf --one-file-system -- "$root$1"; fi
}
merge() { # NUMBER PATH: lines by their first field; the user could not read the file
    new=$(dirname "$root$2")/.hull-parcel-$1
    cp -a -- "$root$2" "$new"
    awk -F : 'NR == FNR { line[$1] = $0; order[++n] = $1; next } $1 in line { print line[$1]; delete line[$1]; next }
        { print } END { for (i = 1; i <= n; i++) if (order[i] in line) print line[order[i]] }' \
        "$here/files/$1" "$root$2" > "$new"
    mv -fT -- "$new" "$root$2"
}
add() { # NUMBER PATH: append; the user could not read the file
    new=$(dirname "$root$2")/.hull-parcel-$1
    cp -a -- "$root$2" "$new"; cat "$here/files/$1" >> "$new"; mv -fT -- "$new" "$root$2"
}
back() { # NUMBER PATH
    [ -e "$saved/$1.after" ] || return 0
    if [ -e "$saved/$1.none" ]; then rm -rf --one-file-system -- "$root$2"
    elif [ -e "$saved/$1.meta" ]; then set -- "$1" "$2" $(cat "$saved/$1.meta"); own "$2" "$3" "$4" "$5"
    else rm -rf --one-file-system -- "$root$2"; cp -a -- "$saved/$1" "$root$2"; fi
}
meta() { stat -c '%a %u:%g %.9Y' "$root$2" > "$saved/$1.meta"; }
same() { # NUMBER PATH: as it was left by apply
    [ -e "$saved/$1.after" ] || return 0
    [ "$(state "$root$2")" = "$(cat "$saved/$1.after")" ] || complain "$2: it changed since"
}

[ "$(id -u)" = 0 ] || { echo "apply.sh: only root can do this" >&2; exit 1; }
if [ $mode = undo ]; then
    [ -e "$saved/done" ] || { echo "apply.sh: it is not applied" >&2; exit 1; }
"""
TAIL = """
: > "$saved/done"; trap - EXIT
echo "apply.sh: applied; sh $0 --undo takes it back"
"""


def write(name: str, token: str, items: "list[Item]") -> str:
    """Return the script of these changes."""
    undo = [f"    same {item.number} {_path(item)}" for item in items]
    undo.append('    [ $bad = 0 ] || { echo "apply.sh: nothing was done" >&2; exit 1; }')
    undo += [f"    back {item.number} {_path(item)}" for item in reversed(items)]
    undo += ['    rm -rf -- "$saved"', '    echo "apply.sh: undone"; exit 0', "fi"]
    checks = ['[ ! -e "$saved/done" ] || { echo "apply.sh: it is applied already"; exit 0; }']
    checks += [f"check {item.number} {_path(item)} {item.base}" for item in items if item.base]
    checks.append('[ $bad = 0 ] || { echo "apply.sh: nothing was done" >&2; exit 1; }')
    checks.append('mkdir -p -- "$(dirname "$saved")"; mkdir -- "$saved"')
    checks += ["revert() {", *(f"    back {item.number} {_path(item)}" for item in reversed(items))]
    checks += ['    rm -rf -- "$saved"', "}"]
    checks.append("trap 'echo \"apply.sh: it failed; everything is put back\" >&2; revert' EXIT")
    done = [line for item in items for line in _lines(item)]
    notes = "\n".join(f"# Look at: {note}" for note in _notes(items))
    head = HEAD.replace("__NAME__", name).replace("__COUNT__", str(len(items))).replace("__TOKEN__", token)
    return (
        head.replace("__NOTES__", notes or "# No devices, set-id bits or file capabilities.")
        + "\n".join([*undo, "", *checks, "", *done])
        + TAIL
    )


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
    owner, when = f"{item.chosen.uid}:{item.chosen.gid}", f"{new.mtime // 10**9}.{new.mtime % 10**9:09}"
    mode = f"{new.mode:o}"
    if not item.chosen.replaces:
        return [f"meta {number} {path}; told {number} {path}; own {path} {mode} {owner} {when}; told {number} {path}"]
    make = _make(item, path, mode, owner, when)
    found = [f"keep {number} {path}; told {number} {path}; {make}"]
    found += [
        f'setfattr -n {shlex.quote(key)} -v 0x{value.hex()} -- "$root"{path}'
        for key, value in new.xattrs
        if new.kind in ("file", "directory")
    ]
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
    numbers = f" {new.device >> 8 & 0xFFF} {new.device & 0xFF}" if word in ("c", "b") else ""
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
