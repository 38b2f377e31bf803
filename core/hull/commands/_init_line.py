"""What bash and zsh do with a line, alike: it goes inside, but for host and for cd alone on it."""

SCRIPT = r"""
_hull_line() {
    local new
    case $1 in
        "host "*) eval "${1#host }" ;;
        *"| host "*) command hull exec -i -w "$hull_dir" "$hull_name" sh -c "${1%%| host *}" | eval "${1#*| host }" ;;
        cd | "cd "*)
            new=$(command hull exec -w "$hull_dir" "$hull_name" sh -c "$1"' && pwd') && hull_dir=$new ;;
        *) command hull exec -it -w "$hull_dir" -e "TERM=${TERM:-dumb}" "$hull_name" sh -c "$1" ;;
    esac
}
"""
