"""`hull init`: what bash, zsh and fish can have of enter and host, and their completion."""

from hull.commands import _init_bash, _init_fish, _init_line, _init_zsh, completion
from hull.commands._verb import Word
from hull.light import Annotated

FUNCTIONS = {
    "bash": _init_bash.SCRIPT + _init_line.SCRIPT,
    "zsh": _init_zsh.SCRIPT + _init_line.SCRIPT,
    "fish": _init_fish.SCRIPT,
}


def init(
    engine: None,  # noqa: ARG001
    shell: Annotated[str, Word("which shell", choices=tuple(FUNCTIONS))],
) -> str:
    """Print a shell's functions `enter` and `host`, and its completion.

    bash, zsh: eval "$(hull init bash)" in the start-up file; fish: hull init fish | source.

    enter CONTAINER|IMAGE edits lines with this shell and runs each in the container, by its sh; cd is kept, Tab knows
    what is inside. `host CMD` runs on this machine, also at the end of a pipeline: ls | host wc -l. exit leaves.
    """
    return f"{completion.SCRIPTS[shell].strip()}\n\n{FUNCTIONS[shell].strip()}"
