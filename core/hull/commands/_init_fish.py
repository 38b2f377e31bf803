"""fish's enter and host: lines read with fish's own reader, each run by the container's own sh."""

SCRIPT = r"""
function host
    $argv
end

function enter
    if test (count $argv) -eq 0; or not isatty stdin; or not isatty stdout
        command hull enter $argv
        return
    end
    set -g __hull_name (__hull_place $argv); or return
    set -l made (string match -q '+*' -- $__hull_name; and echo yes)
    set -g __hull_name (string replace -r '^\+' '' -- $__hull_name)
    set -g __hull_dir (command hull exec $__hull_name sh -c pwd); or return
    set -g __hull_code 0
    set -g __hull_label $argv[-1]
    bind \t __hull_tab
    # read ends alike for Ctrl-C, which gives the line up, and for Ctrl-D, which leaves
    bind \cd 'test -z "$(commandline)"; and set -g __hull_ended; commandline -f delete-or-exit'
    while isatty stdin
        if not read -p __hull_prompt -l line
            set -q __hull_ended; and break
            continue
        end
        string match -qr '\S' -- $line; or continue
        string match -qr '^\s*(exit|leave|logout)\s*$' -- $line; and break
        __hull_line $line
        set -g __hull_code $status
    end
    bind -e \t
    bind -e \cd
    test -n "$made"; and command hull rm -f $__hull_name >/dev/null
    set -l code $__hull_code
    set -e __hull_ended __hull_label __hull_name __hull_dir __hull_code
    return $code
end

# Print the name of the container to be in, after a + where it was made for this.
function __hull_place
    set -l state (command hull inspect --type container -f '{{.State.Status}}' $argv[-1] 2>/dev/null)
    if test "$state" = running
        echo $argv[-1]
    else if test -n "$state"
        command hull start $argv[-1] >/dev/null; and echo $argv[-1]
    else
        set -l name (command hull run -d -i --rm --entrypoint "" $argv sh); or return
        echo +(string sub -l 12 $name)
    end
end

function __hull_prompt
    set -l mark (test $__hull_code -ne 0; and echo (set_color red)"$__hull_code "(set_color normal))
    printf '%s%s%s %s %s$ ' (set_color -o cyan) $__hull_label (set_color normal) $__hull_dir "$mark"
end

function __hull_line
    set -l line $argv[1]
    if string match -q 'host *' -- $line
        eval (string replace -r '^host ' '' -- $line)
    else if string match -q '*| host *' -- $line
        set -l parts (string split -m 1 '| host ' -- $line)
        command hull exec -i -w $__hull_dir $__hull_name sh -c $parts[1] | eval $parts[2]
    else if string match -qr '^cd( |$)' -- $line
        set -l new (command hull exec -w $__hull_dir $__hull_name sh -c "$line && pwd"); and set -g __hull_dir $new
    else
        set -l term $TERM
        test -n "$term"; or set term dumb
        command hull exec -it -w $__hull_dir -e TERM=$term $__hull_name sh -c $line
    end
end

function __hull_tab
    set -l before (commandline -c)
    set -l said (command hull completion inside $__hull_name $__hull_dir "$before" $COLUMNS 2>/dev/null)
    test (count $said) -gt 0; or return
    set -l after (string sub -s (math (string length -- "$before") + 1) -- (commandline -b))
    commandline -r -- $said[1]$after
    commandline -C (string length -- $said[1])
    if test (count $said) -gt 1
        printf '\n'
        printf '%s\n' $said[2..]
        commandline -f repaint
    end
end

# Ctrl-X Ctrl-T: ask the registry for the tags of the image before the cursor; Tab knows them from then on.
function __hull_ask
    command hull completion --remote words pull (commandline -ct) >/dev/null
    commandline -f repaint
end
bind \cx\ct __hull_ask

complete -c enter -f -a '(__hull_entered_words)'
function __hull_entered_words
    command hull completion words enter (commandline -opc)[2..] (commandline -ct) 2>/dev/null
end
complete -c host -x -a '(__fish_complete_subcommand)'
"""
