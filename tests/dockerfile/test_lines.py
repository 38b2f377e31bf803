"""Directives, comments, continuations, and where each letter was."""

import pytest
from hull.dockerfile.lines import Lines
from hull.dockerfile.place import DockerfileError


def texts(source: str) -> list[str]:
    lines = Lines(source, "Dockerfile")
    found = []
    while line := lines.next():
        found.append(line.text)
    return found


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("RUN echo hello\\\n  world\\\n  goodnight  \\\n  moon\\\n light\\\nning\n",
         ["RUN echo hello  world  goodnight    moon lightning"]),
        ("RUN echo hello  \\  \nworld\n", ["RUN echo hello  world"]),
        ("RUN echo hi \\\n \\\n world \\\n\\\n good\\\n\\\nnight\n", ["RUN echo hi   world  goodnight"]),
        ("RUN a \\\n# a comment\n\n  # another\n\nb\n", ["RUN a b"]),
        ("RUN something \\", ["RUN something "]),
        ("RUN a\\\\\nRUN b\n", ["RUN a\\\\", "RUN b"]),
        ("\n  # indented comment\n   RUN a\n", ["RUN a"]),
        ("\ufeffRUN a\r\nRUN b \\\r\n c\r\n", ["RUN a", "RUN b  c"]),
        ("RUN a #no comment\n", ["RUN a #no comment"]),
        ("# escape=`\nRUN a `\nb\\\nRUN c\n", ["RUN a b\\", "RUN c"]),
        ("# syntax = some/frontend:1\n# escape = `\nRUN a `\n b\n", ["RUN a  b"]),
        ("# a comment\n# escape = `\nRUN a `\nb \\\n c\n", ["RUN a `", "b  c"]),
        ("\n# escape=`\nRUN a \\\n b\n", ["RUN a  b"]),
        ("", []),
        ("# only\n#comments\n", []),
    ],
)  # fmt: skip
def test_instructions_are_one_line_each(source, expected):
    assert texts(source) == expected


def test_directives_are_read():
    lines = Lines("# Syntax=docker/dockerfile:1\n#check=skip=all\n#ESCAPE=`\nFROM a\n", "Dockerfile")
    assert lines.directives == {"syntax": "docker/dockerfile:1", "check": "skip=all", "escape": "`"}
    assert lines.escape == "`"


@pytest.mark.parametrize(
    ("source", "place"), [("#escape=x\nFROM a\n", "Dockerfile:1:9:"), ("#syntax=a\n#syntax=b\n", "Dockerfile:2:1:")]
)
def test_a_wrong_directive_is_refused(source, place):
    with pytest.raises(DockerfileError) as failed:
        Lines(source, "Dockerfile")
    assert failed.value.message.startswith(place)


def test_each_letter_has_its_place():
    line = Lines("\n  RUN one \\\n# between\n   two\n", "Dockerfile").next()
    assert line is not None
    assert line.where(line.text.index("RUN")) == (2, 3)
    assert line.where(line.text.index("one")) == (2, 7)
    assert line.where(line.text.index("two")) == (4, 4)


def test_a_place_holds_the_lines_as_they_were_written():
    lines = Lines("FROM a\nRUN one \\\n# between\n  two\nRUN three\n", "Dockerfile")
    lines.next()
    line = lines.next()
    assert line is not None
    place = lines.place(line)
    assert (place.line, place.last, place.text) == (2, 4, "RUN one \\\n# between\n  two")
