"""Fuzz what reads Dockerfiles, .dockerignore and ONBUILD triggers: a value, or an error with a place."""

import sys

from hull.dockerfile import ignore, scope
from hull.dockerfile.expanding import expand
from hull.dockerfile.graph import plan
from hull.dockerfile.model import Arg, OnBuild
from hull.dockerfile.parser import parse, trigger
from hull.dockerfile.place import DockerfileError
from hull.errors import HullError

from tests.fuzz import loop

SEEDS = [
    (b'# escape=`\nARG V=1\nFROM --platform=$P a:${V:-2} AS b\nRUN ["a"]\n'
    b'COPY --from=0 --chown=$U <<A <<-\'B\' /d\nx$V\nA\n\ty\nB\n'),
    (b"FROM a\nENV A=1 B=\"x y\" C='z' \\\n # c\n D=${A#*.}${A%%?}${A//a/b}\n"
    b"LABEL a b\nEXPOSE 80-90/udp $A\nUSER a\nWORKDIR /x\n"),
    b"FROM a\nRUN --mount=type=cache,target=/c,id=$A,mode=0700 --network=none <<EOF\nx\nEOF\nONBUILD RUN x <<E\ny\nE\n",
    (b'FROM a AS b\nHEALTHCHECK --interval=1m30s --retries=3 CMD ["x"]\nVOLUME ["/a b"]\n'
    b'SHELL ["/s", "-c"]\nSTOPSIGNAL 9\nCMD a\nFROM b\n'),
    b"ADD --checksum=sha256:0 https://h/x.git#a:b /d\nFROM a\nMAINTAINER x\n", b"*\n!a/**/*.py\n[a-c]?\n\\*\n",
]  # fmt: skip
KNOWN = {"A": "a.b.a", "P": "linux/amd64", "U": "0:0"}


def target(data: bytes) -> None:
    """A file is read or refused; what was read can be planned and expanded, or is refused with its line."""
    try:
        patterns = ignore.parse(data)
    except HullError:
        patterns = ignore.Ignore()
    patterns.ignores("a/b/c.py")
    patterns.prunes("a/b")
    if error := failure(data):
        assert error.line >= 1
        assert error.column >= 1
        assert error.message.startswith(f"Dockerfile:{error.line}:{error.column}: ")


def failure(data: bytes) -> DockerfileError | None:
    try:
        build(data)
    except DockerfileError as error:
        return error
    return None


def build(data: bytes) -> None:
    found = parse(data)
    predefined = scope.platforms("linux/amd64", "linux/arm64")
    known = scope.globals_(found, {}, predefined)
    scope.unused(found, {"X": ""}, predefined)
    for planned in plan(found, known).stages:
        for step in planned.stage.instructions:
            if isinstance(step, Arg):
                scope.declare(step, {}, known, KNOWN, found.escape)
            elif isinstance(step, OnBuild):
                again = trigger(step.trigger, "Dockerfile")
                assert type(again) is type(step.instruction)
            done = expand(step, KNOWN, found.escape)
            assert type(done) is type(step)
            assert done.at.line <= done.at.last


if __name__ == "__main__":
    sys.exit(loop.run(target, SEEDS, sys.argv))
