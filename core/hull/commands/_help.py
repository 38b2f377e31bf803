"""Help text, derived from the verbs."""

from hull.commands import VERBS
from hull.commands._verb import CONTEXT, HERE, Flag, Parameter, Verb, load

EVERYWHERE = "Every verb takes --context NAME: another engine of `hull context ls`."


def overview() -> str:
    """Return what `hull --help` says."""
    verbs = [load(name) for name in VERBS]
    width = max(len(verb.name) for verb in verbs)
    lines = [f"  {verb.name:<{width}}  {verb.summary}" for verb in verbs]
    head = "Usage: hull VERB [flags] …\n\nContainers as native shell commands: no root, no daemon.\n\nVerbs:\n"
    return head + "\n".join(lines) + f"\n\n{EVERYWHERE}\n\nhull VERB --help says more of one."


def usage(verb: Verb) -> str:
    """Return one line: the verb, its flags if any, its words."""
    flags = " [flags]" if verb.flags else ""
    return f"hull {verb.name}{flags}" + "".join(f" {_shape(word)}" for word in verb.words)


def manual(verb: Verb) -> str:
    """Return what `hull VERB --help` says."""
    _, _, more = (verb.function.__doc__ or "").strip().partition("\n")
    paragraphs = [f"Usage: {usage(verb)}", f"{verb.summary}."]
    if more.strip():
        paragraphs.append("\n".join(line.removeprefix("    ") for line in more.strip().splitlines()))
    if verb.words:
        paragraphs.append(_table([(_shape(word), _meaning(word)) for word in verb.words]))
    known = verb.flags if verb.name in HERE else (*verb.flags, CONTEXT)
    if known:
        flags = sorted(known, key=lambda flag: flag.longs[0])
        paragraphs.append("Flags:\n" + _table([(_names(flag), _meaning(flag)) for flag in flags]))
    return "\n\n".join(paragraphs)


def _shape(word: Parameter) -> str:
    name = word.about.metavar or word.name.rstrip("_").upper()
    name = f"{name}…" if word.many else name
    return name if word.required else f"[{name}]"


def _names(flag: Parameter) -> str:
    about = flag.about
    short = f"-{about.short}, " if isinstance(about, Flag) and about.short else "    "
    no = "[no-]" if flag.negatable else ""
    value = "" if flag.kind is bool else f" {about.metavar or ('list' if flag.many else flag.kind.__name__)}"
    return f"{short}--{no}{flag.longs[0]}{value}"


def _meaning(parameter: Parameter) -> str:
    text = parameter.about.help
    if parameter.about.choices:
        text += f": {', '.join(filter(None, parameter.about.choices))}"
    if not parameter.required and parameter.default not in (None, False, True, "", ()):
        text += f" (default {parameter.default})"
    return text


def _table(rows: list[tuple[str, str]]) -> str:
    width = min(max(len(left) for left, _ in rows), 34)
    return "\n".join(f"  {left:<{width}}  {right}" for left, right in rows)
