"""zsh's enter and host: lines read with zle, each run by the container's own sh."""

SCRIPT = r"""
host() { "$@" }

enter() {
    emulate -L zsh
    if [[ $# -eq 0 || ! -t 0 || ! -t 1 ]]; then command hull enter "$@"; return; fi
    local hull_name hull_made="" hull_dir hull_line hull_code=0 mark hull_label=${@[-1]}
    hull_name=$(_hull_place "$@") || return
    [[ $hull_name == +* ]] && hull_made=1 hull_name=${hull_name#+}
    hull_dir=$(command hull exec "$hull_name" sh -c pwd) || return
    bindkey -N hull main
    zle -N _hull_tab
    zle -N _hull_interrupt
    bindkey -M hull '^I' _hull_tab
    zle -N _hull_end
    bindkey -M hull '^C' _hull_interrupt
    bindkey -M hull '^D' _hull_end
    {
        while true; do
            hull_line=""
            mark=""
            (( hull_code )) && mark="%F{red}$hull_code%f "
            _hull_read "%B%F{cyan}${hull_label//\%/%%}%f%b ${hull_dir//\%/%%} $mark\$ " || { print exit; break }
            [[ $hull_line == *[![:space:]]* ]] || continue
            print -s -r -- "$hull_line"
            [[ $hull_line =~ '^[[:space:]]*(exit|leave|logout)[[:space:]]*$' ]] && break
            _hull_line "$hull_line"
            hull_code=$?
        done
    } always {
        bindkey -D hull
        [[ -n $hull_made ]] && command hull rm -f "$hull_name" >/dev/null
    }
    return $hull_code
}

# Read a line into hull_line; Ctrl-C is a key here and gives the line up. False at its end.
_hull_read() {
    local saved=$(stty -g)
    stty intr undef
    vared -M hull -h -p "$1" hull_line
    local code=$?
    stty $saved
    return $code
}

_hull_interrupt() { BUFFER=""; zle .accept-line }

_hull_end() { if [[ -z $BUFFER ]]; then zle .send-break; else zle .delete-char; fi }

# Print the name of the container to be in, after a + where it was made for this.
_hull_place() {
    local state name
    state=$(command hull inspect --type container -f '{{.State.Status}}' "${@[-1]}" 2>/dev/null)
    case $state in
        running) print -rn -- "${@[-1]}"; return ;;
        "") ;;
        *) command hull start "${@[-1]}" >/dev/null && print -rn -- "${@[-1]}"; return ;;
    esac
    name=$(command hull run -d -i --rm --entrypoint "" "$@" sh) || return
    print -rn -- "+${name[1,12]}"
}

_hull_tab() {
    local -a said
    said=("${(@f)$(command hull completion inside "$hull_name" "$hull_dir" "$LBUFFER" "${COLUMNS:-80}" 2>/dev/null)}")
    [[ -n ${said[1]} ]] && LBUFFER=${said[1]}
    if (( $#said > 1 )); then zle -M -- "${(F)said[2,-1]}"; fi
}

# Ctrl-X Ctrl-T: ask the registry for the tags of the image before the cursor; Tab knows them from then on.
_hull_ask() {
    command hull completion --remote words pull "${LBUFFER##* }" >/dev/null || zle -I
}
zle -N _hull_ask
bindkey '^X^T' _hull_ask

(( $+functions[compdef] )) && compdef '_hull_enter' enter && compdef _command host
_hull_enter() {
    words=(hull enter "${(@)words[2,-1]}")
    (( CURRENT += 1 ))
    _hull
}
"""
