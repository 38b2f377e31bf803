"""`hull completion`: scripts that ask hull itself, so that a shell knows exactly the verbs that are installed."""

from hull.commands._verb import Flag, Word
from hull.light import Annotated

BASH = r"""
_hull() {
    local said
    mapfile -t said < <("$1" completion line "${COMP_LINE:0:COMP_POINT}" "${COMP_LINE:COMP_POINT}" \
        "${COMP_WORDS[COMP_CWORD]}" "$COMP_TYPE" "${COLUMNS:-80}" 2>/dev/null)
    COMPREPLY=()
    case ${said[0]} in
        filenames)
            local part="${COMP_WORDS[COMP_CWORD]}"
            [[ $part == [:=] ]] && part=""
            compopt -o filenames
            mapfile -t COMPREPLY < <(compgen -f -- "$part") ;;
        *nospace*) compopt -o nospace ;;&
        *nosort*) [[ $BASH_VERSION < 4.4 ]] || compopt -o nosort ;;&
        *) COMPREPLY=("${said[@]:1}") ;;
    esac
}
complete -F _hull hull
"""

ZSH = r"""#compdef hull
_hull() {
    local -a ended going
    local text about files=""
    while IFS=$'\t' read -r text about; do
        case $text in
            :files) files=1 ;;
            *[/:=,]) going+=("${text//:/\\:}${about:+:$about}") ;;
            *) ended+=("${text//:/\\:}${about:+:$about}") ;;
        esac
    done < <("${(Q)words[1]}" completion --after $(( $#words - CURRENT )) words \
        "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" "${(@Q)words[CURRENT+1,-1]}" 2>/dev/null)
    local found=1
    if (( $#ended )); then _describe -V hull ended && found=0; fi
    if (( $#going )); then _describe -V hull going -S '' && found=0; fi
    if [[ -n $files ]]; then
        [[ $PREFIX == --*=* ]] && compset -P '*='
        _files && found=0
    fi
    return found
}
if [[ $funcstack[1] == _hull ]]; then _hull "$@"; else compdef _hull hull; fi
"""

FISH = r"""
function __hull_words
    set -l before (commandline -opc)
    set -l current (commandline -ct | string unescape 2>/dev/null)
    for line in ($before[1] completion words $before[2..] "$current" 2>/dev/null)
        if string match -q -- ':files*' $line
            set -l flag (string match -r -- '^--[^=]*=' $current)
            for path in (__fish_complete_path (string replace -r -- '^--[^=]*=' '' "$current"))
                printf '%s\n' "$flag$path"
            end
        else
            echo $line
        end
    end
end
complete -c hull -f -k -a '(__hull_words)'
"""

SCRIPTS = {"bash": BASH, "zsh": ZSH, "fish": FISH}


def completion(
    engine: None,  # noqa: ARG001
    shell: Annotated[
        str, Word("which script; the other words answer the scripts", choices=(*SCRIPTS, "words", "line", "inside"))
    ],
    words: Annotated[tuple[str, ...], Word("the line so far and, last, the word to complete", rest=True)] = (),
    *,
    remote: Annotated[bool, Flag("words: first ask the registry for the tags of the last word's image")] = False,
    after: Annotated[int, Flag("words: how many come after the cursor's", metavar="N")] = 0,
) -> str:
    """Print a shell's completion script.

    bash: source <(hull completion bash), in ~/.bashrc to keep it.
    zsh:  hull completion zsh > a directory of $fpath, as _hull; or source <(hull completion zsh).
    fish: hull completion fish > ~/.config/fish/completions/hull.fish
    """
    if shell in SCRIPTS:
        return SCRIPTS[shell].strip("\n")
    import os

    if shell in ("line", "inside"):
        from hull.commands import _complete_bash, _complete_entered

        answer = (_complete_bash if shell == "line" else _complete_entered).answer
        return "\n".join(answer(words, dict(os.environ)))
    from hull.commands._complete import Completer
    from hull.commands._complete_place import Line

    end = len(words) - after
    if remote and end > 0:
        from hull import paths
        from hull.commands import _complete_remote

        _complete_remote.fetch(paths.find(), words[end - 1])
    line = Line(words[: end - 1], words[end - 1], words[end:]) if end > 0 else Line((), "")
    return "\n".join(f"{c.text}\t{c.about}" for c in Completer()(line, dict(os.environ)))
