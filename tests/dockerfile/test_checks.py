"""Build checks: each rule finds what it is for, and not its neighbour."""

import pytest
from hull.dockerfile import checks, scope
from hull.dockerfile.parser import parse


def found(text: str, off: frozenset[str] = frozenset(), given: dict[str, str] | None = None) -> list[tuple[str, int]]:
    file = parse(text, "Dockerfile")
    predefined = scope.platforms("linux/amd64", "linux/amd64")
    arguments, defaults = scope.globals_(file, given or {}, predefined), scope.globals_(file, {}, predefined)
    known = checks.Known(file, arguments, defaults, lambda path: path.startswith("hidden"))
    return [(one.rule, one.at.line) for one in checks.run(known, off)]


@pytest.mark.parametrize(
    ("rule", "bad", "good"),
    [
        ("ConsistentInstructionCasing", "FROM a\nRun x\nRUN y\n", "from a\nrun x\n"),
        ("FromAsCasing", "FROM a as b\n", "FROM a AS b\nFROM b\n"),
        ("StageNameCasing", "FROM a AS Bc\n", "FROM a AS bc\n"),
        ("DuplicateStageName", "FROM a AS b\nFROM c AS b\n", "FROM a AS b\nFROM c AS d\n"),
        ("ReservedStageName", "FROM a AS context\n", "FROM a AS contexts\n"),
        ("NoEmptyContinuation", "FROM a\nRUN x \\\n\n  y\n", "FROM a\nRUN x \\\n  y\n\nRUN <<E\n\nx\nE\n"),
        ("JSONArgsRecommended", "FROM a\nCMD x y\n", 'FROM a\nCMD ["x"]\nFROM a\nSHELL ["s"]\nCMD x\n'),
        ("MaintainerDeprecated", "FROM a\nMAINTAINER m\n", "FROM a\nLABEL m=m\n"),
        ("UndefinedArgInFrom", "FROM a:$T\n", "ARG T=1\nFROM a:$T\nFROM a:${U:-1}\nFROM --platform=$BUILDPLATFORM a\n"),
        ("InvalidDefaultArgInFrom", "ARG T\nFROM a:${T}\n", "ARG T=1\nFROM a:${T}\nFROM a${X}\n"),
        ("WorkdirRelativePath", "FROM a\nWORKDIR x\n", "FROM a\nWORKDIR /x\nWORKDIR y\n"),
        ("UndefinedVar", "FROM scratch\nCOPY $a /\n", "FROM scratch\nARG a\nENV b=$PATH\nCOPY $a ${c:-d} /\n"),
        ("MultipleInstructionsDisallowed", 'FROM a\nCMD ["x"]\nCMD ["y"]\n', 'FROM a\nCMD ["x"]\nFROM a\nCMD ["y"]\n'),
        ("LegacyKeyValueFormat", "FROM a\nENV x y\n", "FROM a\nENV x=y\nLABEL a=b c=d\n"),
        ("RedundantTargetPlatform", "FROM --platform=$TARGETPLATFORM a\n", "FROM --platform=$BUILDPLATFORM a\n"),
        ("SecretsUsedInArgOrEnv", "FROM a\nENV API_TOKEN=x\n", "FROM a\nENV KEYBOARD=x PUBLIC_KEY=y TOKEN_FILE=z\n"),
        ("FromPlatformFlagConstDisallowed", "FROM --platform=linux/arm64 a\n", "FROM --platform=a/arm64 a AS arm64\n"),
        ("CopyIgnoredFile", "FROM a\nCOPY ./hidden /\n", "FROM a AS s\nCOPY --from=s hidden /\nCOPY shown hid* . /\n"),
        ("ExposeProtoCasing", "FROM a\nEXPOSE 80/TCP\n", "FROM a\nEXPOSE 80/tcp 53/$P\n"),
    ],
)  # fmt: skip
def test_a_rule(rule, bad, good):
    assert rule in {name for name, _ in found(bad)}
    assert rule not in {name for name, _ in found(good)}
    assert rule not in {name for name, _ in found(bad, frozenset({rule.lower()}))}
    assert found(bad, frozenset({"all"})) == []


def test_every_rule_has_a_case():
    from hull.dockerfile import checks_sense, checks_style

    rules = {checks.title(rule.__name__) for rule in (*checks_sense.RULES, *checks_style.RULES)}
    cases = {mark.args[1][n][0] for mark in test_a_rule.pytestmark for n in range(len(mark.args[1]))}
    assert rules == cases


def test_what_an_image_sets_nobody_knows():
    assert found("FROM x\nUSER $y\n") == []


def test_findings_come_in_the_files_order():
    assert found("FROM a as b\nENV x y\nCMD z\nworkdir w\n") == [
        ("FromAsCasing", 1), ("LegacyKeyValueFormat", 2), ("JSONArgsRecommended", 3),
        ("ConsistentInstructionCasing", 4), ("WorkdirRelativePath", 4),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "skip", "error"),
    [
        ("", set(), False),
        ("skip=StageNameCasing, FromAsCasing;error=true", {"stagenamecasing", "fromascasing"}, True),
        (" error = TRUE ; skip = all", {"all"}, True),
        ("skip=;what=x;error=no", set(), False),
    ],
)
def test_the_directive(text, skip, error):
    assert checks.directive(text) == checks.Directive(frozenset(skip), error)
