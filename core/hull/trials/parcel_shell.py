"""The part of a parcel's script that is the same for every one: POSIX sh that checks, saves, applies and takes back.

It holds these words for what differs: __NAME__, __COUNT__, __TOKEN__, __NOTES__, __BACK__, __SAME__.
"""

HEAD = r"""#!/bin/sh
# What the try __NAME__ changed and you, its user, may not: __COUNT__ changes. Written by hull keep --for-root.
#
#   sh apply.sh [ROOT]          check everything, then do it; ROOT is / if it is left out
#   sh apply.sh --undo [ROOT]   take it back; also what was cut off in the middle
#
# Nothing is touched unless every file is as hull saw it. Old versions are saved in ROOT/var/lib/hull-parcels/__TOKEN__.
__NOTES__
set -eu
umask 077
PATH=/usr/sbin:/usr/bin:/sbin:/bin
mode=apply
if [ "${1:-}" = --undo ]; then mode=undo; shift; fi
root=$(cd -P -- "${1:-/}" && pwd -P); root=${root%/}
here=$(cd -P -- "$(dirname -- "$0")" && pwd -P)
saved=$root/var/lib/hull-parcels/__TOKEN__
bad=0

complain() { echo "apply.sh: $*" >&2; bad=1; }
need() { command -v "$1" > /dev/null || complain "$1 is missing: install the package $2"; }
there() { [ -e "$1" ] || [ -L "$1" ]; }
kind() {
    if [ -L "$1" ]; then echo link; elif [ -d "$1" ]; then echo directory; elif [ -f "$1" ]; then echo file
    elif [ -e "$1" ]; then echo other; else echo -; fi
}
sum() { echo "sha256:$(sha256sum < "$1" | cut -d ' ' -f 1)"; }
state() { # what tells a version: kind, owner, mode, and content, target or device
    case $(kind "$1") in
        -) echo - ;;
        file) echo "$(sum "$1") $(stat -c '%u:%g %a' "$1")" ;;
        link) echo "link $(readlink "$1")" ;;
        *) echo "$(kind "$1") $(stat -c '%u:%g %a %t:%T' "$1")" ;;
    esac
}
plain() { # no link on the way may lead elsewhere
    dir=$root${1%/*}
    while [ -n "$dir" ] && [ ! -d "$dir" ] && [ ! -L "$dir" ]; do dir=${dir%/*}; done
    [ -z "$dir" ] || [ "$(cd -P -- "$dir" && pwd -P)" = "$dir" ] || complain "$1: there is a link on the way to it"
}
check() { # NUMBER PATH BASE
    plain "$2"
    case $3 in
        sha256:*) [ "$(kind "$root$2")" = file ] && [ "$(sum "$root$2")" = "$3" ] || complain "$2: it changed" ;;
        link:*) [ -L "$root$2" ] && [ "link:$(readlink "$root$2")" = "$3" ] || complain "$2: it changed" ;;
        *) [ "$(kind "$root$2")" = "$3" ] || complain "$2: it is not what it was ($3)" ;;
    esac
}
keep() { # NUMBER PATH: save what is there
    if there "$root$2"; then cp -a -- "$root$2" "$saved/$1"; else : > "$saved/$1.none"; fi
}
told() { state "$root$2" > "$saved/$1.after"; }
own() { chown -h "$3" "$root$1"; [ -L "$root$1" ] || chmod "$2" "$root$1"; touch -h -d "@$4" "$root$1"; }
when() { stat -c %.9Y "$root$2" > "$saved/$1.when"; } # NUMBER DIRECTORY
again() { [ ! -e "$saved/$1.when" ] || touch -c -d "@$(cat "$saved/$1.when")" "$root$2"; }
fresh() { # NUMBER PATH: a directory beside it in which nobody else can put a thing in our way
    new=$root${2%/*}/.hull-parcel-__TOKEN__-$1
    rm -rf -- "$new"; mkdir -m 700 -- "$new"
}
come() { mv -fT -- "$new/it" "$root$1"; rmdir -- "$new"; }
put() { # NUMBER PATH MODE OWNER TIME
    fresh "$1" "$2"
    cp -- "$here/files/$1" "$new/it"
    chown "$4" "$new/it"; chmod "$3" "$new/it"; touch -d "@$5" "$new/it"
    clear "$2"; come "$2"
}
clear() { # a directory gives way to something else
    if [ -d "$root$1" ] && [ ! -L "$root$1" ]; then rm -rf --one-file-system -- "$root$1"; fi
}
merge() { # NUMBER PATH: lines by their first field; the user could not read the file
    fresh "$1" "$2"
    cp -a -- "$root$2" "$new/it"
    awk -F : 'NR == FNR { line[$1] = $0; order[++n] = $1; next } $1 in line { print line[$1]; delete line[$1]; next }
        { print } END { for (i = 1; i <= n; i++) if (order[i] in line) print line[order[i]] }' \
        "$here/files/$1" "$root$2" > "$new/it"
    come "$2"
}
add() { # NUMBER PATH: append; the user could not read the file
    fresh "$1" "$2"
    cp -a -- "$root$2" "$new/it"; cat "$here/files/$1" >> "$new/it"; come "$2"
}
meta() { stat -c '%a %u:%g %.9Y' "$root$2" > "$saved/$1.meta"; }
attributes() { getfattr -h -d -m - -e hex --absolute-names -- "$root$2" > "$saved/$1.attributes"; }
strip() { # NUMBER PATH ATTRIBUTE...: what came goes again
    [ -e "$saved/$1.attributes" ] || return 0
    number=$1 path=$2; shift 2
    for key; do setfattr -h -x "$key" -- "$root$path" 2> /dev/null || :; done
    setfattr -h --restore="$saved/$number.attributes"
}
back() { # NUMBER PATH; it can be repeated
    [ -e "$saved/$1.after" ] || return 0
    rm -rf -- "$root${2%/*}/.hull-parcel-__TOKEN__-$1"
    if [ -e "$saved/$1.none" ]; then rm -rf --one-file-system -- "$root$2"
    elif [ -e "$saved/$1.meta" ]; then set -- "$1" "$2" $(cat "$saved/$1.meta"); own "$2" "$3" "$4" "$5"
    else
        fresh "$1" "$2"; cp -a -- "$saved/$1" "$new/it"
        if [ -d "$root$2" ] || [ -d "$new/it" ]; then rm -rf --one-file-system -- "$root$2"; fi
        come "$2"
    fi
}
same() { # NUMBER PATH: as it was left by apply
    [ -e "$saved/$1.after" ] || return 0
    [ "$(state "$root$2")" = "$(cat "$saved/$1.after")" ] || complain "$2: it changed since"
}
store() { # a place for old versions
    store=${saved%/*} lib=
    if [ ! -e "$store" ] && [ -d "${store%/*}" ]; then lib=$(stat -c %.9Y "${store%/*}"); fi
    mkdir -p -- "$store"; mkdir -- "$saved"
    [ -z "$lib" ] || echo "$lib" > "$saved/lib"
}
forget() { # nothing of it stays
    store=${saved%/*} lib=$(cat "$saved/lib" 2> /dev/null || :)
    mv -T -- "$saved" "$saved.gone"; rm -rf -- "$saved.gone"
    if rmdir -- "$store" 2> /dev/null && [ -n "$lib" ]; then touch -d "@$lib" "${store%/*}"; fi
}
revert() {
__BACK__
    forget
}

[ "$(id -u)" = 0 ] || { echo "apply.sh: only root can do this" >&2; exit 1; }
if [ $mode = undo ]; then
    [ -e "$saved" ] || { echo "apply.sh: it is not applied" >&2; exit 1; }
    if [ -e "$saved/done" ]; then
__SAME__
        [ $bad = 0 ] || { echo "apply.sh: nothing was done" >&2; exit 1; }
        rm -f -- "$saved/done"
    fi
    revert
    echo "apply.sh: undone"; exit 0
fi
[ ! -e "$saved/done" ] || { echo "apply.sh: it is applied already"; exit 0; }
[ ! -e "$saved" ] || { echo "apply.sh: it was cut off; sh $0 --undo puts everything back" >&2; exit 1; }
"""
MIDDLE = """[ $bad = 0 ] || { echo "apply.sh: nothing was done" >&2; exit 1; }
store
trap 'trap - EXIT; echo "apply.sh: it failed; putting everything back (if that fails, too: --undo)" >&2; revert' EXIT
trap 'exit 130' HUP INT TERM
"""
TAIL = """: > "$saved/done"; trap - EXIT
echo "apply.sh: applied; sh $0 --undo takes it back"
"""
