"""`--change`: a Dockerfile instruction with the variables of the config so far."""

from hull.errors import UserError

PAIRS = ("ENV", "LABEL")


def expand(word: str, text: str, variables: dict[str, str]) -> str:
    """Return what an instruction says with its variables replaced, as a Dockerfile's reader does."""
    from hull.dockerfile.place import DockerfileError, Malformed
    from hull.dockerfile.variables import Manner
    from hull.dockerfile.variables import expand as expand_word

    try:
        if word in PAIRS:
            return _pairs(word, text, variables)
        return expand_word(text, variables, Manner(keep_quotes=True, keep_escapes=True))
    except (DockerfileError, Malformed) as error:
        reason = error.message if isinstance(error, DockerfileError) else error
        raise UserError(f"cannot apply the change {text!r}: {reason}", "write it as a Dockerfile would") from None


def _pairs(word: str, text: str, variables: dict[str, str]) -> str:
    """Return KEY=VALUE words in a shell's quotes: what a variable holds stays one word."""
    import shlex

    from hull.dockerfile import expanding, parser
    from hull.dockerfile.place import Malformed

    instruction, *others = parser.parse(f"FROM scratch\n{word} {text}").stages[0].instructions
    if others:
        raise Malformed("it is several instructions")
    expanded = expanding.expand(instruction, variables)
    return " ".join(shlex.quote(f"{key}={value}") for key, value in expanded.pairs)  # type: ignore[union-attr]
