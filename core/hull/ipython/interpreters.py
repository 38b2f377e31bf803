"""Which program a cell's text is for, and how such a program takes it."""

from hull.errors import UserError
from hull.light import Any

SH = ("sh", "bash", "dash", "ash", "zsh", "ksh", "mksh")
FAMILIES = {
    **dict.fromkeys(SH, "sh"),
    **dict.fromkeys(("python", "pypy"), "python"),
    "perl": "perl",
    "ruby": "ruby",
    "irb": "ruby",
    "node": "node",
    "nodejs": "node",
}
SCRIPT_FLAGS = {"sh": ("-c",), "python": ("-u", "-c"), "perl": ("-e",), "ruby": ("-e",), "node": ("-e",)}
WAITING = {  # says that it is there, then waits for the end of its standard input
    "sh": ("-c", "echo; read _"),
    "python": ("-c", "import sys; print(flush=True); sys.stdin.read()"),
    "perl": ("-e", "$|=1; print qq(\\n); <STDIN>"),
    "ruby": ("-e", "puts; $stdout.flush; STDIN.read"),
    "node": ("-e", "console.log(''); process.stdin.resume()"),
}
DEFAULT = ("sh",)
PROGRAMS = {"irb": "ruby"}  # an image's command that is no interpreter of scripts, and what is


def family(program: str) -> str:
    """Return sh, python, perl, ruby or node, "" for what is none of them: python3.12 is a python."""
    name = program.rpartition("/")[2]
    return FAMILIES.get(name) or FAMILIES.get(name.rstrip("0123456789."), "")


def script_flags(program: str) -> tuple[str, ...]:
    """Return the flags before a script that is an argument; () where the text has to be standard input."""
    return SCRIPT_FLAGS.get(family(program), ())


def waiting(program: str) -> tuple[str, ...]:
    """Return a command that holds a container: it writes a line, and ends with its standard input."""
    kind = family(program)
    return (program, *WAITING[kind]) if kind else ("sh", *WAITING["sh"])


def of_image(engine: Any, image: str, flags: dict[str, Any]) -> tuple[str, ...]:
    """Return the interpreter that an image starts by itself, `sh` if it starts something else; pull it if need be."""
    from hull.commands.inspect import inspect

    if image == "host":
        return DEFAULT
    try:
        found = inspect(engine, (image,), type="image")[0]
    except UserError:
        if flags.get("pull", "missing") == "never":
            return DEFAULT
        from hull.commands.pull import pull

        pull(engine, image, platform=flags.get("platform", ""))
        found = inspect(engine, (image,), type="image")[0]
    return started_by(found["Config"])


def of_container(engine: Any, name: str) -> tuple[str, ...]:
    """Return the interpreter of a container's image."""
    from hull.commands.inspect import inspect

    found = inspect(engine, (name,), type="container")[0]
    try:
        return started_by(inspect(engine, (found["Image"],), type="image")[0]["Config"])
    except UserError:  # this machine itself, or an image that has gone since
        return DEFAULT


def started_by(config: dict[str, Any]) -> tuple[str, ...]:
    """Return the interpreter among the first words of an image's command and entry point."""
    for words in (config.get("Cmd"), config.get("Entrypoint")):
        program = words[0] if words else ""
        if family(program):
            return (PROGRAMS.get(program, program),)
    return DEFAULT
