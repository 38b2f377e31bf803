"""Build arguments: global ones, a stage's, predefined ones, and which value wins."""

import pytest
from hull.dockerfile import scope
from hull.dockerfile.parser import parse
from hull.dockerfile.place import DockerfileError

PLATFORMS = scope.platforms("linux/amd64", "linux/arm/v7", "final")


def stage_args(text: str, given: dict[str, str], variables: dict[str, str] | None = None):
    """Return what each ARG of the first stage declares, in order, one after another."""
    found = parse(text)
    known = scope.globals_(found, given, PLATFORMS)
    seen = dict(variables or {})
    made = []
    for arg in found.stages[0].instructions:
        made += scope.declare(arg, given, known, seen)
        seen.update({name: value for name, value in made if value is not None})
    return made


@pytest.mark.parametrize(
    ("text", "given", "expected"),
    [
        ("ARG A=1\nFROM a\nARG A", {}, [("A", "1")]), ("ARG A=1\nFROM a\nARG A", {"A": "2"}, [("A", "2")]),
        ("ARG A=1\nFROM a\nARG A=3", {}, [("A", "3")]), ("FROM a\nARG A", {}, [("A", None)]),
        ("FROM a\nARG A", {"A": ""}, [("A", "")]),
        ("ARG A=1\nARG B=${A}x\nFROM a\nARG B", {}, [("B", "1x")]),
        ("ARG A=1\nARG B=${A}x\nFROM a\nARG B", {"A": "2"}, [("B", "2x")]),
        ("FROM a\nARG A=1 B=$A", {}, [("A", "1"), ("B", "1")]), ("FROM a\nARG A=1\nARG A=${A}2", {}, [("A", "1"),
        ("A", "12")]),
        ("FROM a\nARG TARGETARCH TARGETVARIANT BUILDPLATFORM TARGETSTAGE", {},
         [("TARGETARCH", "arm"), ("TARGETVARIANT", "v7"), ("BUILDPLATFORM", "linux/amd64"), ("TARGETSTAGE", "final")]),
        ("FROM a\nARG TARGETARCH", {"TARGETARCH": "x"}, [("TARGETARCH", "x")]),
        ("FROM a\nARG A='b c'", {}, [("A", "b c")]),
    ],
)  # fmt: skip
def test_which_value_wins(text, given, expected):
    assert stage_args(text, given) == expected


def test_a_default_may_use_the_stages_variables():
    assert stage_args("FROM a\nARG D=$HOME/d", {}, {"HOME": "/root"}) == [("D", "/root/d")]


def test_global_arguments_see_platforms_only():
    found = parse("ARG OS=${TARGETOS}-${NONE:-x}\nFROM a:$OS\n")
    assert scope.globals_(found, {}, PLATFORMS)["OS"] == "linux-x"


def test_a_required_argument_points_at_its_line():
    with pytest.raises(DockerfileError) as failed:
        scope.globals_(parse('# c\nARG V="${W:?name one}"\nFROM a:$V\n'), {}, PLATFORMS)
    assert failed.value.message.startswith("Dockerfile:2:7: cannot expand '\"${W:?name one}\"': W: name one\n")


def test_proxies_need_no_arg():
    assert scope.proxies({"http_proxy": "p", "OTHER": "x"}) == {"HTTP_PROXY": "p", "http_proxy": "p"}


def test_a_misspelt_argument_is_told():
    found = parse("ARG A\nFROM a\nARG B\n")
    given = {"A": "", "B": "", "C": "", "https_proxy": "", "TARGETARCH": "", "BUILDKIT_INLINE_CACHE": "1"}
    assert scope.unused(found, given, PLATFORMS) == ("C",)


def test_words_of_build_arg():
    assert scope.parse_given(("A=1", "B", "C", "D=a=b"), {"B": "env"}) == {"A": "1", "B": "env", "D": "a=b"}
