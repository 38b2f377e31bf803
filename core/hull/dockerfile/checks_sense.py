"""The rules of `checks` about what a Dockerfile does: each yields where and what, by Docker's name."""

import re
from collections.abc import Container

from hull.dockerfile import model
from hull.dockerfile.checks import Found, Known, every, keyword
from hull.dockerfile.place import Malformed
from hull.dockerfile.variables import expand

SECRET = re.compile(
    r"(?:^|_)(?:apikey|auth|credentials?|key|password|pword|passwd|secrets?|tokens?)(?:_|$)", re.IGNORECASE
)
NO_SECRET = re.compile(r"(?:^|_)public(?:_|$)|_FILE$", re.IGNORECASE)
VARIABLE = re.compile(r"(?<!\\)\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)\})")
QUOTED = re.compile(r"'[^']*'")
ONCE = (model.Cmd, model.Entrypoint, model.HealthCheck)


def json_args_recommended(known: Known) -> Found:
    """Find commands with a shell around them, which keeps signals to itself."""
    for stage in known.file.stages:
        shell = any(isinstance(one, model.Shell) for one in stage.instructions)
        for one in stage.instructions:
            if isinstance(one, model.Cmd | model.Entrypoint) and one.command.shell and one.command.words and not shell:
                what = keyword(one.at).upper()
                yield one.at, f"{what} has a shell around it, which keeps signals to itself: write it as JSON"


def multiple_instructions_disallowed(known: Known) -> Found:
    """Find instructions of which only the last counts."""
    for stage in known.file.stages:
        for kind in ONCE:
            same = [one for one in stage.instructions if isinstance(one, kind)]
            for one in same[:-1]:
                what = keyword(one.at).upper()
                yield one.at, f"a later {what} of the same stage takes the place of this one"


def workdir_relative_path(known: Known) -> Found:
    """Find directories that depend on the base image's."""
    for stage in known.file.stages:
        absolute = False
        for one in stage.instructions:
            if isinstance(one, model.Workdir):
                absolute = absolute or one.path.startswith(("/", "$", '"/'))
                if not absolute:
                    yield one.at, f"where {one.path} is depends on the directory of the base image"


def secrets_used_in_arg_or_env(known: Known) -> Found:
    """Find secrets in ARG and ENV: they are in the image's history."""
    for one in every(known):
        if isinstance(one, model.Arg | model.Env):
            for name, _ in one.pairs:
                if SECRET.search(name) and not NO_SECRET.search(name):
                    what = keyword(one.at).upper()
                    yield (
                        one.at,
                        f"{what} {name} looks like a secret, and the image's history keeps it: RUN --mount=type=secret",
                    )


def redundant_target_platform(known: Known) -> Found:
    """Find platforms that FROM takes anyway."""
    for stage in known.file.stages:
        if stage.origin.platform in {"$TARGETPLATFORM", "${TARGETPLATFORM}"}:
            yield stage.origin.at, f"{stage.origin.platform} is what FROM takes without --platform, too"


def from_platform_flag_const_disallowed(known: Known) -> Found:
    """Find platforms that --platform cannot change; a stage that is named for its own says so."""
    for stage in known.file.stages:
        platform = stage.origin.platform
        if platform and "$" not in platform and platform.split("/")[-1] not in stage.name:
            yield stage.origin.at, f"FROM is for {platform} whatever hull build --platform says"


def undefined_arg_in_from(known: Known) -> Found:
    """Find variables of FROM that no ARG before the first one declares."""
    for stage in known.file.stages:
        for text in (stage.origin.image, stage.origin.platform):
            for name in _unknown(text, known.arguments):
                yield stage.origin.at, f"no ARG before the first FROM declares {name}"


def invalid_default_arg_in_from(known: Known) -> Found:
    """Find images that have a name only where --build-arg is given."""
    for stage in known.file.stages:
        image = stage.origin.image
        try:
            found = expand(image, known.defaults)
        except Malformed:
            continue
        if "$" in image and (not found or found.endswith((":", "/", "@"))):
            yield stage.origin.at, f"{image} names no image where no --build-arg is given: give ARG a default"


def copy_ignored_file(known: Known) -> Found:
    """Find sources that .dockerignore leaves out."""
    for one in every(known):
        if isinstance(one, model.Copy) and not one.origin:
            for source in one.sources:
                clean = source.removeprefix("./").strip("/")
                plain = clean not in {"", "."} and "://" not in source and not set(clean) & set("*?[$")
                if plain and known.ignores(clean):
                    yield one.at, f"{keyword(one.at).upper()} {source}: .dockerignore leaves it out"


def undefined_var(known: Known) -> Found:
    """Find variables that nothing has set, in stages that begin with scratch."""
    for stage in known.file.stages:
        if stage.origin.image != "scratch":
            continue
        defined = {"PATH"}
        for one in stage.instructions:
            for text in _texts(one):
                for name in _unknown(text, defined):
                    yield one.at, f"nothing has set ${name}"
            if isinstance(one, model.Arg | model.Env):
                defined |= {name for name, _ in one.pairs}


def _texts(one: model.Instruction) -> list[str]:
    """Return the words of an instruction in which variables are replaced."""
    if isinstance(one, model.Copy):
        return [*one.sources, one.target, one.chown, one.chmod]
    if isinstance(one, model.Env | model.Label):
        return [value for _, value in one.pairs]
    if isinstance(one, model.Workdir):
        return [one.path]
    return [one.user] if isinstance(one, model.User) else []


def _unknown(text: str, known: Container[str]) -> list[str]:
    """Return the variables that a word uses without a default, and that are not known."""
    names = [match[1] or match[2] for match in VARIABLE.finditer(QUOTED.sub("", text))]
    return [name for name in dict.fromkeys(names) if name not in known]


RULES = (
    json_args_recommended,
    multiple_instructions_disallowed,
    workdir_relative_path,
    secrets_used_in_arg_or_env,
    redundant_target_platform,
    from_platform_flag_const_disallowed,
    undefined_arg_in_from,
    invalid_default_arg_in_from,
    copy_ignored_file,
    undefined_var,
)
