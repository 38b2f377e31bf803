"""`hull completion`: scripts that ask hull itself, so that a shell knows exactly the verbs that are installed."""

from hull.commands._verb import Word
from hull.light import Annotated

BASH = r"""
_hull() {
    local line="${COMP_LINE:0:COMP_POINT}" words cur="" part cut text
    read -ra words <<<"$line"
    if [[ $line != *[[:space:]] ]]; then cur="${words[-1]}"; unset 'words[-1]'; fi
    part="${COMP_WORDS[COMP_CWORD]}"
    if [[ $part == [:=] ]]; then part=""; fi
    cut="${cur%"$part"}"
    COMPREPLY=()
    while IFS=$'\t' read -r text _; do
        if [[ $text == :files ]]; then
            compopt -o filenames
            while IFS= read -r text; do COMPREPLY+=("$text"); done < <(compgen -f -- "$part")
        else
            COMPREPLY+=("${text#"$cut"}")
        fi
    done < <("${words[0]}" completion words "${words[@]:1}" "$cur" 2>/dev/null)
}
complete -F _hull hull
"""

ZSH = r"""#compdef hull
_hull() {
    local -a described
    local text about files=""
    while IFS=$'\t' read -r text about; do
        if [[ $text == :files ]]; then files=1; continue; fi
        described+=("${text//:/\\:}${about:+:$about}")
    done < <("${words[1]}" completion words "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)
    (( $#described )) && _describe hull described
    [[ -n $files ]] && _files
}
if [[ $funcstack[1] == _hull ]]; then _hull "$@"; else compdef _hull hull; fi
"""

FISH = r"""
function __hull_words
    set -l before (commandline -opc)
    set -l current (commandline -ct)
    for line in ($before[1] completion words $before[2..] "$current" 2>/dev/null)
        if string match -q -- ':files*' $line
            __fish_complete_path "$current"
        else
            echo $line
        end
    end
end
complete -c hull -f -a '(__hull_words)'
"""

SCRIPTS = {"bash": BASH, "zsh": ZSH, "fish": FISH}


def completion(
    engine: None,  # noqa: ARG001
    shell: Annotated[str, Word("which script; words answers the scripts", choices=(*SCRIPTS, "words"))],
    words: Annotated[tuple[str, ...], Word("the line so far and, last, the word to complete", rest=True)] = (),
) -> str:
    """Print a shell's completion script.

    bash: source <(hull completion bash), in ~/.bashrc to keep it.
    zsh:  hull completion zsh > a directory of $fpath, as _hull; or source <(hull completion zsh).
    fish: hull completion fish > ~/.config/fish/completions/hull.fish
    """
    if shell in SCRIPTS:
        return SCRIPTS[shell].strip("\n")
    import os

    from hull.commands._complete import Completer
    from hull.commands._complete_place import Line

    found = Completer()(Line(words[:-1], words[-1] if words else ""), dict(os.environ))
    return "\n".join(f"{c.text}\t{c.about}" for c in found)
