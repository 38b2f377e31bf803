"""JSON lines out: what happened, in order, escaped; a failure before exec never looks like an exit code."""

import json
import os
import subprocess
import time

import pytest
from hull.runtime import ops
from hull.runtime.launch import program

from tests.launcher.conftest import Box


def test_the_lines_of_a_run(box: Box) -> None:
    before = time.time()
    done = box.sh("exit 3")
    assert [event["event"] for event in done.events] == ["created", "ready", "exec", "exit"]
    created, ready, _, end = done.events
    assert before <= created["time"] <= end["time"] <= time.time()
    assert created["launcher"] != ready["pid"]
    assert created["start"] <= ready["start"]


def test_the_start_tick_identifies_the_process(box: Box) -> None:
    child = box.up("echo up; read x")
    with open(f"/proc/{child.pid}/stat") as file:
        assert box.events()[0]["start"] == int(file.read().rpartition(")")[2].split()[19])
    child.communicate(b"\n", timeout=10)


def test_a_descriptor_serves_as_status(box: Box) -> None:
    reader, writer = os.pipe()
    plan = [("status", f"/proc/self/fd/{writer}"), *box.plan("true", drop=("status",))]
    child = box.start(plan, pass_fds=(writer,))
    os.close(writer)
    with os.fdopen(reader) as file:
        names = [json.loads(line)["event"] for line in file]
    assert child.wait(10) == 0
    assert names == ["created", "ready", "exec", "exit"]


def test_a_failure_names_op_object_and_errno_and_how_to_repeat_it(box: Box) -> None:
    done = box.sh("true", extra=(("bind", '/no\n"where"\\', "/m", ""),))
    assert done.code == 125
    failed = done.event("failed")
    assert {key: failed[key] for key in ("code", "op", "object", "errno")} == {
        "code": 125, "op": "bind", "object": '/no\n"where"\\', "errno": 2,
    }  # fmt: skip
    first, second = done.err.splitlines()
    assert first == 'hull: cannot bind /no?"where"\\: No such file or directory'
    assert second == f"hull: repeat it with: hull-launch --plan '{box.base}/plan'"
    again = subprocess.run([program(), "--plan", f"{box.base}/plan"], capture_output=True, text=True, check=False)
    assert again.stderr == done.err


def test_the_launcher_itself_fails_the_same_way(box: Box) -> None:
    plan = [("status", box.status), ("userns-join", "/nothing"), ("arg", "true")]
    done = box.finish(box.start(plan, stderr=subprocess.PIPE))
    assert done.code == 125
    assert done.err.startswith("hull: cannot open /nothing: No such file or directory\n")
    assert done.event("failed")["op"] == "userns-join"


def test_a_status_that_cannot_be_written_starts_nothing(box: Box) -> None:
    plan = [("status", f"{box.base}/no/such/place"), *box.plan("echo", "started", drop=("status",))]
    done = box.finish(box.start(plan, stdout=subprocess.PIPE, stderr=subprocess.PIPE))
    assert (done.code, done.out) == (125, "")


def test_a_link_is_no_status(box: Box) -> None:
    os.symlink(f"{box.base}/elsewhere", box.status)
    done = box.finish(box.start(box.plan("true"), stderr=subprocess.PIPE))
    assert done.code == 125
    assert not os.path.exists(f"{box.base}/elsewhere")


@pytest.mark.needs("program:newuidmap")
def test_a_map_helpers_own_words_are_told(ranged: Box) -> None:
    if ranged.owner:
        pytest.skip("root's maps need no helper")
    identity = [
        ("userns-new",), ("uid-map", "0", "0", "1"), ("gid-map", "0", "0", "1"),
        next(op for op in ranged.identity if op[0] == "map-helpers"),
    ]  # fmt: skip
    done = ranged.sh("true", identity=identity)
    assert done.code == 125
    assert "newuidmap" in done.err
    assert "not allowed" in done.err
    identity[-1] = ("map-helpers", "/nothing/newuidmap", "/nothing/newgidmap")
    assert "cannot run /nothing/newuidmap: No such file" in ranged.sh("true", identity=identity).err


def test_the_plan_saved_is_the_plan(box: Box) -> None:
    plan = box.plan("true", extra=(("bind", "/nothing", "/m", ""),))
    box.finish(box.start(plan, stderr=subprocess.PIPE))
    with open(f"{box.base}/plan", "rb") as file:
        assert file.read() == ops.encode(plan)
