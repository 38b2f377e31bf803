"""A call as the words that make it again, one spelling for whatever its caller wrote."""

from hull.commands._line import Call
from hull.light import Any


def spelt(call: Call) -> tuple[str, ...]:
    """Return the words of a call, the verb first."""
    verb = call.verb
    assert verb is not None  # noqa: S101 (help is never carried)
    words = [verb.name]
    for flag in verb.flags:
        if flag.name in call.flags:
            words += _flag(flag.longs[0], call.flags[flag.name])
    if call.output:
        words.append({"json": "--json", "compact": "--format=json"}.get(call.output, f"--format={call.output}"))
    values = list(call.words)
    while values and not verb.words[len(values) - 1].required and values[-1] == verb.words[len(values) - 1].default:
        values.pop()
    given = [word for value in values for word in (value if isinstance(value, tuple) else (value,))]
    return (*words, "--", *map(str, given)) if given else tuple(words)


def _flag(name: str, value: Any) -> list[str]:
    if value is None:
        return []
    if isinstance(value, bool):
        return [f"--{name}={'true' if value else 'false'}"]
    if isinstance(value, tuple):
        return [f"--{name}={one}" for one in value]
    return [f"--{name}={value}"]
