"""Which stages are built, in which order, from what."""

import pytest
from hull.dockerfile.graph import plan
from hull.dockerfile.parser import parse
from hull.dockerfile.place import DockerfileError
from hull.errors import UserError


def order(text: str, target: str = "", **options) -> list[str]:
    return [one.stage.label for one in plan(parse(text), {}, target, **options).stages]


DIAMOND = """FROM x AS base
FROM base AS left
FROM base AS right
FROM y AS unused
RUN false
FROM scratch
COPY --from=left a b
COPY --from=right a b
"""


def test_what_is_not_needed_is_left_out():
    assert order(DIAMOND) == ["base", "left", "right", "4"]
    assert order(DIAMOND, "right") == ["base", "right"]
    assert order(DIAMOND, "UNUSED") == ["unused"]
    assert order(DIAMOND, "2") == ["base", "right"]


def test_needs_and_images():
    text = "FROM a AS one\nFROM one\nCOPY --from=0 x y\nCOPY --from=busybox:1 x y\nRUN --mount=from=tools,target=/t x\n"
    found = plan(parse(text), {}).target
    assert (found.base, found.needs, found.images) == (0, (0,), ("busybox:1", "tools"))


def test_a_later_stage_of_the_same_name_hides_the_earlier():
    graph = plan(parse("FROM a AS s\nFROM s AS s\nFROM s\n"), {})
    assert [one.base for one in graph.stages] == [None, 0, 1]
    assert graph.stage("S") == 1


def test_global_arguments_choose_the_base():
    found = plan(parse("ARG KIND=slim\nFROM a AS slim\nFROM b AS full\nFROM $KIND\n"), {"KIND": "full"})
    assert [one.image for one in found.stages] == ["b", "full"]


def test_triggers_of_a_stage_count_in_its_children():
    text = "FROM a AS tool\nFROM b AS parent\nONBUILD COPY --from=tool /x /x\nFROM parent\n"
    assert order(text) == ["parent", "tool", "2"]
    assert order(text, "parent") == ["parent"]


def test_an_additional_context_takes_a_stages_place():
    text = "FROM a AS deps\nRUN false\nFROM b\nCOPY --from=deps x y\n"
    first, _ = plan(parse(text), {}, contexts=["deps"]).stages
    assert (first.image, first.base, first.stage.instructions) == ("deps", None, ())


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("FROM a\nCOPY --from=0 x y\n", "the stage itself"), ("FROM a AS s\nCOPY --from=s x y\n", "the stage itself"),
        ("FROM a\nCOPY --from=7 x y\n", "no stage 7"),
        ("FROM a AS one\nCOPY --from=two x y\nFROM b AS two\nCOPY --from=one x y\n",
         "needs one, which needs two|needs two, which needs one"),
    ],
)  # fmt: skip
def test_a_stage_that_cannot_be(text, reason):
    with pytest.raises(DockerfileError, match=reason):
        plan(parse(text), {})


def test_an_unknown_target_names_those_there_are():
    with pytest.raises(UserError) as failed:
        plan(parse(DIAMOND), {}, "nope")
    assert failed.value.hint == "it has base, left, right, unused, 4"


def test_a_long_chain_needs_no_deep_stack():
    text = "FROM a AS s0\n" + "".join(f"FROM s{n} AS s{n + 1}\n" for n in range(3000))
    assert len(order(text)) == 3001
