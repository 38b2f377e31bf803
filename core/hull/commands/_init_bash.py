"""bash's enter and host: lines read with readline, each run by the container's own sh."""

SCRIPT = r"""
host() { "$@"; }

enter() {
    if [[ $# -eq 0 || ! -t 0 || ! -t 1 ]]; then command hull enter "$@"; return; fi
    local hull_name hull_made="" hull_dir hull_line hull_code=0 hull_new hull_label="${@: -1}" hull_modes
    hull_name=$(_hull_place "$@") || return
    [[ $hull_name == +* ]] && hull_made=1 hull_name=${hull_name#+}
    hull_dir=$(command hull exec "$hull_name" sh -c pwd) || return
    hull_modes=$(stty -g)
    trap ':' INT
    bind -x '"\t": _hull_tab'
    bind '"\C-c": "\C-e\C-u\C-m"'
    while :; do
        _hull_prompt
        stty intr undef  # Ctrl-C is a key here, and gives the line up
        IFS= read -e -r -p "$REPLY" hull_line
        hull_new=$?
        stty "$hull_modes"
        if ((hull_new)); then printf 'exit\n'; break; fi
        [[ $hull_line == *[![:space:]]* ]] || continue
        history -s -- "$hull_line"
        [[ $hull_line =~ ^[[:space:]]*(exit|leave|logout)[[:space:]]*$ ]] && break
        _hull_line "$hull_line"
        hull_code=$?
    done
    bind '"\t": complete'
    bind -r '\C-c'
    trap - INT
    [[ -n $hull_made ]] && command hull rm -f "$hull_name" >/dev/null
    return "$hull_code"
}

# Print the name of the container to be in, after a + where it was made for this.
_hull_place() {
    local state name
    state=$(command hull inspect --type container -f '{{.State.Status}}' "${@: -1}" 2>/dev/null)
    case $state in
        running) printf '%s' "${@: -1}"; return ;;
        "") ;;
        *) command hull start "${@: -1}" >/dev/null && printf '%s' "${@: -1}"; return ;;
    esac
    name=$(command hull run -d -i --rm --entrypoint "" "$@" sh) || return
    printf '+%s' "${name:0:12}"
}

_hull_prompt() {
    local mark=""
    ((hull_code)) && mark=$'\001\e[31m\002'"$hull_code "$'\001\e[0m\002'
    REPLY=$'\001\e[1;36m\002'"$hull_label"$'\001\e[0m\002'" $hull_dir $mark\$ "
}

_hull_tab() {
    local said
    mapfile -t said < <(command hull completion inside "$hull_name" "$hull_dir" \
        "${READLINE_LINE:0:READLINE_POINT}" "${COLUMNS:-80}" 2>/dev/null)
    ((${#said[@]})) || return
    READLINE_LINE="${said[0]}${READLINE_LINE:READLINE_POINT}"
    READLINE_POINT=${#said[0]}
    ((${#said[@]} > 1)) && printf '%s\n' "${said[@]:1}"
}

_hull_enter() {
    COMP_LINE="hull $COMP_LINE" COMP_POINT=$((COMP_POINT + 5)) _hull hull
}
complete -F _hull_enter enter

# Ctrl-X Ctrl-T: ask the registry for the tags of the image before the cursor; Tab knows them from then on.
_hull_ask() {
    local before="${READLINE_LINE:0:READLINE_POINT}"
    command hull completion --remote words pull "${before##* }" >/dev/null
}
bind -x '"\C-x\C-t": _hull_ask' 2>/dev/null
complete -A command host
"""
