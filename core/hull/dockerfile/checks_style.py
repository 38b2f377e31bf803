"""The rules of `checks` about how a Dockerfile is written: each yields where and what, by Docker's name."""

from hull.dockerfile import model
from hull.dockerfile.checks import Found, Known, every, keyword

RESERVED = ("scratch", "context")


def consistent_instruction_casing(known: Known) -> Found:
    """Find keywords in another case than most."""
    words = [(one.at, keyword(one.at)) for one in every(known)]
    upper = sum(word.isupper() for _, word in words)
    lower = sum(word.islower() for _, word in words)
    wanted = "lower case" if lower > upper else "upper case"
    for at, word in words:
        if not (word.islower() if lower > upper else word.isupper()):
            yield at, f"{word} is written unlike most instructions, which are in {wanted}"


def from_as_casing(known: Known) -> Found:
    """Find an AS in another case than its FROM."""
    for stage in known.file.stages:
        words = stage.origin.at.text.split()
        word = next((one for one in words[2:] if one.lower() == "as"), "") if stage.name else ""
        if word and word.isupper() != words[0].isupper():
            yield stage.origin.at, f"{words[0]} and {word} are written unlike"


def stage_name_casing(known: Known) -> Found:
    """Find stages whose names are not in lower case."""
    for stage in known.file.stages:
        written = next((one for one in stage.origin.at.text.split()[2:] if one.lower() == stage.name), "")
        if written != stage.name:
            yield stage.origin.at, f"a stage's name is in lower case: {stage.name}"


def duplicate_stage_name(known: Known) -> Found:
    """Find stages with the name of an earlier one."""
    seen: set[str] = set()
    for stage in known.file.stages:
        if stage.name and stage.name in seen:
            yield stage.origin.at, f"another stage is called {stage.name}, too"
        seen.add(stage.name)


def reserved_stage_name(known: Known) -> Found:
    """Find stages whose names mean something else."""
    for stage in known.file.stages:
        if stage.name in RESERVED:
            yield stage.origin.at, f"{stage.name} means something else: call the stage another name"


def no_empty_continuation(known: Known) -> Found:
    """Find empty lines between a line that goes on and the rest of it."""
    for one in every(known):
        heredocs = getattr(one, "inline", ()) or getattr(one, "script", None) or "<<" in one.at.text
        if not heredocs and any(not line.strip() for line in one.at.text.rstrip("\n").split("\n")[1:]):
            yield one.at, f"an empty line stands inside {keyword(one.at)}"


def maintainer_deprecated(known: Known) -> Found:
    """Find what a label should say."""
    for one in every(known):
        if isinstance(one, model.Maintainer):
            yield one.at, "MAINTAINER is deprecated: LABEL org.opencontainers.image.authors=…"


def legacy_key_value_format(known: Known) -> Found:
    """Find the old form of ENV and LABEL."""
    for one in every(known):
        if isinstance(one, model.Env | model.Label) and len(one.pairs) == 1:
            words = one.at.text.split(maxsplit=2)
            if len(words) > 1 and "=" not in words[1]:
                what = words[0].upper()
                yield one.at, f"{what} KEY VALUE is the old form: {what} KEY=VALUE"


def expose_proto_casing(known: Known) -> Found:
    """Find protocols in upper case."""
    for one in every(known):
        if isinstance(one, model.Expose):
            for port in one.ports:
                protocol = port.partition("/")[2]
                if "$" not in protocol and protocol != protocol.lower():
                    yield one.at, f"a protocol is in lower case: {port.lower()}"


RULES = (
    consistent_instruction_casing,
    from_as_casing,
    stage_name_casing,
    duplicate_stage_name,
    reserved_stage_name,
    no_empty_continuation,
    maintainer_deprecated,
    legacy_key_value_format,
    expose_proto_casing,
)
