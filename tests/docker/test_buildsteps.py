"""The words of Docker's first builder, whatever the order in which stages go on."""

import json
import threading

import pytest
from hull.builder.displays import CACHED, FAILED, Step
from hull.docker import buildsteps
from hull.dockerfile.place import DockerfileError
from hull.errors import UserError


def read(data):
    return [json.loads(line) for line in data.splitlines()]


def streams(data):
    return "".join(line.get("stream", "") for line in read(data))


@pytest.fixture
def steps():
    made = buildsteps.Steps(threading.Event())
    made.planned([], [("one", 2), ("two", 1)])
    return made


def test_a_later_stage_is_told_when_the_one_before_is_over(steps):
    first, second = Step("one", 1, 2, "FROM a"), Step("two", 1, 1, "FROM b")
    first.ident, second.ident = "sha256:" + "a" * 64, "sha256:" + "b" * 64
    assert steps.ended(second, "", "") == b""
    assert steps.closed("two") == b""
    assert streams(steps.ended(first, "", "")) == f"Step 1/3 : FROM a\n ---> {'a' * 12}\n"
    told = steps.closed("one")
    assert read(told)[0] == {"aux": {"ID": first.ident}}
    assert streams(told) == f"Step 3/3 : FROM b\n ---> {'b' * 12}\n"
    assert read(told)[-1] == {"aux": {"ID": second.ident}}


def test_output_that_waits_for_its_turn_is_clipped_and_the_first_stages_is_not(steps):
    first, second = Step("one", 1, 2, "RUN yes"), Step("two", 1, 1, "RUN yes")
    line = b"x" * ((1 << 20) - 1)
    assert all(len(steps.wrote(first, line)) > len(line) for _ in range(4))
    assert not any(steps.wrote(second, line) for _ in range(9))
    shown = streams(steps.closed("one"))
    assert (shown.count("\n"), shown.endswith("[output clipped, log limit 2MiB reached]\n")) == (3, True)


def test_a_trigger_is_no_step_of_the_file(steps):
    step = Step("one", 2, 2, "RUN x", triggered=True)
    step.container = "c" * 64
    assert streams(steps.begun(step)) == f" ---> Running in {'c' * 12}\n"


def test_a_step_is_told_once_and_as_it_ended(steps):
    step = Step("one", 2, 2, "RUN a \\\n    b")
    step.container = "c" * 64
    assert streams(steps.begun(step)) == f"Step 2/3 : RUN a b\n ---> Running in {'c' * 12}\n"
    assert read(steps.wrote(step, b"x", 2)) == [{"stream": "\x1b[91mx\n\x1b[0m"}]
    assert steps.ended(step, FAILED, "no") == b""
    again = Step("one", 2, 2, "ENV x=1")
    assert " ---> Using cache\n" in streams(steps.ended(again, CACHED, ""))


def test_nobody_waits_for_it_any_more():
    stop = threading.Event()
    assert buildsteps.Silent(stop).tick() == b""
    stop.set()
    with pytest.raises(buildsteps.Cancelled):
        buildsteps.Steps(stop).tick()


def test_failures_have_docker_s_words():
    error = DockerfileError("Dockerfile", 3, 1, "RUN x", "RUN failed: exit code 2")
    error.code, error.command = 2, ("/bin/sh", "-c", "x")
    assert buildsteps.words_of(error) == ("The command '/bin/sh -c x' returned a non-zero code: 2", 2)
    unknown = DockerfileError("Dockerfile", 2, 1, "FOO", "there is no instruction 'FOO'")
    assert buildsteps.words_of(unknown) == ("dockerfile parse error on line 2: unknown instruction: FOO", 0)
    assert buildsteps.words_of(UserError("no", "a hint")) == ("no", 0)
    assert read(buildsteps.failed("no", 3)) == [{"errorDetail": {"code": 3, "message": "no"}, "error": "no"}]
