"""What the plan says to remove goes, nothing else does, and nothing is followed."""

import json
import os
import pathlib

import pytest

from tests.launcher.conftest import Box


def test_remove_takes_the_whole_tree(box: Box) -> None:
    script = "mkdir -p /a/b; echo x > /a/b/c; ln -s / /a/up; mkdir -m 000 /locked; mkfifo /pipe; rm /bin/ls"
    done = box.sh(script, extra=(("remove", box.upper), ("remove", box.work)))
    assert done.code == 0, done.err
    assert sorted(os.listdir(box.base)) == ["layer", "status"]


def test_files_of_mapped_ids_go_too(ranged: Box) -> None:
    script = "mkdir -m 700 /a; mkdir -m 700 /a/b; echo x > /a/b/c; chown -R 5:6 /a; chmod 000 /a/b"
    done = ranged.sh(script, extra=(("remove", ranged.upper), ("remove", ranged.work)))
    assert done.code == 0, done.err
    assert not os.path.exists(ranged.upper)
    assert not os.path.exists(ranged.work)


def test_links_are_not_followed(box: Box) -> None:
    kept = f"{box.base}/kept"
    os.mkdir(kept)
    with open(f"{kept}/file", "w") as file:
        file.write("kept")
    os.chmod(kept, 0o777)
    script = f"ln -s {kept} /link; mkdir /d; ln -s {kept}/file /d/link"
    box.sh(script, extra=(("remove", box.upper),))
    assert not os.path.exists(box.upper)
    assert os.listdir(kept) == ["file"]
    os.symlink(kept, f"{box.base}/link")
    box.sh("true", root=(("root-bind", box.layer),), extra=(("remove", f"{box.base}/link"),))
    assert os.listdir(kept) == ["file"]


def test_a_tree_deeper_than_descriptors_goes(box: Box) -> None:
    script = "i=0; while [ $i -lt 700 ]; do mkdir d && cd d || exit 1; i=$((i+1)); done; echo x > f"
    done = box.sh(f"ulimit -n 64; cd /tmp; {script}", extra=(("remove", box.upper),))
    assert done.code == 0, done.err
    assert not os.path.exists(box.upper)


def test_the_status_files_own_directory_may_go(box: Box) -> None:
    place = f"{box.base}/place"
    os.mkdir(place)
    plan = [("status", f"{place}/status"), *box.plan("true", drop=("status",)), ("remove", place)]
    assert box.start(plan).wait(30) == 0
    assert not os.path.exists(place)


@pytest.mark.parametrize(("goes", "told"), [("place", ["die", "destroy"]), ("scratch", ["die"])])
def test_it_is_destroyed_with_its_own_directory_only(box: Box, goes: str, told: list[str]) -> None:
    place, events = pathlib.Path(box.base, "place"), pathlib.Path(box.base, "events")
    place.mkdir()
    pathlib.Path(box.base, "scratch").mkdir()
    plan = [("status", f"{place}/status"), *box.plan("true", drop=("status",)), ("events", str(events), "{}")]
    assert box.start([*plan, ("remove", f"{box.base}/{goes}")]).wait(30) == 0
    assert not os.path.exists(f"{box.base}/{goes}")
    found = [json.loads(line)["Action"] for line in events.read_text().splitlines()]
    assert [action for action in found if action != "start"] == told


def test_what_cannot_go_is_told_and_is_not_fatal(box: Box) -> None:
    done = box.sh(
        "exit 4", extra=(("remove", "/proc/self/fdinfo"), ("remove", "relative"), ("remove", "/no/such/place"))
    )
    assert done.code == 4
    assert [event["path"] for event in done.events if event["event"] == "left"] == ["/proc/self/fdinfo", "relative"]
    assert done.events[-1]["event"] == "left", "the exit's record comes first"


def test_a_mistyped_command_is_removed_too(box: Box) -> None:
    done = box.run("no-such-command", extra=(("remove", box.upper),))
    assert done.code == 127
    assert not os.path.exists(box.upper)


def test_a_failed_start_keeps_what_repeats_it(box: Box) -> None:
    done = box.run("true", extra=(("bind", "/nothing", "/m", ""), ("remove", box.upper)))
    assert done.code == 125
    assert os.path.exists(box.upper)


def test_only_a_passing_root_may_skip_the_disk(box: Box) -> None:
    script = "grep -c volatile /proc/mounts; exit 0"
    for path, count in (("", "0"), (f"{box.base}/up", "0"), (box.upper, "1"), (box.upper, "1")):
        os.makedirs(box.upper, exist_ok=True)
        box.give(box.upper)
        done = box.sh(script, extra=(("remove", path),) if path else ())
        assert done.out == f"{count}\n", (path, done.err)


def test_the_launcher_becomes_what_the_plan_says_then_after_everything_else(box: Box) -> None:
    said = f"{box.base}/said"
    script = f'test -e {box.upper} && exit 9; echo "$HULL_EXIT $HULL_EXIT_SIGNAL $(cat)" >{said}; exit 7'
    words = tuple(("then", word) for word in ("/bin/sh", "-c", script))
    done = box.sh("cat; exit 3", extra=(("remove", box.upper), ("remove", box.work), *words))
    assert done.code == 7
    with open(said) as file:
        assert file.read() == "3 0 \n"
    assert [event["code"] for event in done.events if event["event"] == "exit"] == [3]


def test_nothing_comes_then_where_the_program_never_ran(box: Box) -> None:
    said = f"{box.base}/said"
    words = tuple(("then", word) for word in ("/bin/sh", "-c", f"echo >{said}"))
    done = box.start([*box.plan("true"), ("workdir", "/proc/none/there"), *words]).wait(30)
    assert done == 125
    assert not os.path.exists(said)
