"""system df, prune and reset on stores of their own."""

import json
import os
import subprocess

import pytest

from tests.commandline import CommandLine


def rows(cli, *words):
    done = cli(
        "system",
        "df",
        "--format",
        "{{.Type}}|{{.TotalCount}}|{{.Active}}|{{.Size}}|{{.Reclaimable}}",
        *words,
        check=True,
    )
    return {line.split("|")[0]: line.split("|")[1:] for line in done.stdout.decode().splitlines()}


def test_df_counts_what_is_here_and_what_can_go(fresh_cli):
    cli = fresh_cli
    before = rows(cli)
    assert before["Images"][:2] == ["1", "0"]
    assert before["Images"][3] == f"{before['Images'][2]} (100%)"
    assert before["Containers"] == ["0", "0", "0B", "0B"]
    write = "head -c 3000 /dev/zero > /f; head -c 500 /dev/zero > /v/f"
    cli("run", "--name", "c", "--network", "none", "-v", "vol:/v", "busybox", "sh", "-c", write, check=True)
    after = rows(cli)
    assert after["Images"] == ["1", "1", before["Images"][2], "0B (0%)"]
    assert after["Containers"] == ["1", "0", "3kB", "3kB (100%)"]
    assert after["Local Volumes"] == ["1", "1", "500B", "0B (0%)"]
    table = cli("system", "df", check=True).stdout.decode().splitlines()
    assert table[0].split() == ["TYPE", "TOTAL", "ACTIVE", "SIZE", "RECLAIMABLE"]
    told = cli("system", "df", "-v", check=True).stdout.decode().splitlines()
    assert [line.split()[:2] for line in told[1:]] == [
        ["image", "busybox:latest"],
        ["container", "c"],
        ["volume", "vol"],
    ]


def test_df_tells_what_builds_keep(fresh_cli, tmp_path):
    cli = fresh_cli
    assert rows(cli)["Build Cache"] == ["0", "0", "0B", "0B"]
    run = "RUN --mount=type=cache,target=/c head -c 4000 /dev/zero > /c/f; head -c 2000 /dev/zero > /f"
    (tmp_path / "Dockerfile").write_text(f"FROM busybox\n{run}\n")
    before = rows(cli)["Images"]
    cli("build", "-q", "--network", "none", "-t", "made", str(tmp_path), check=True)
    assert rows(cli)["Build Cache"] == ["2", "0", "4kB", "4kB (100%)"], "the step's layer is the image's"
    cli("rmi", "made", check=True)
    assert rows(cli)["Build Cache"] == ["2", "0", "6kB", "6kB (100%)"]
    assert rows(cli)["Images"] == before
    assert b"6kB" in cli("builder", "prune", "-f", check=True).stdout
    assert rows(cli)["Build Cache"] == ["0", "0", "0B", "0B"]


def test_prune_takes_containers_images_and_volumes_that_nobody_named(fresh_cli):
    cli = fresh_cli
    words = ("run", "--name", "c", "--network", "none", "-v", "vol:/v", "-v", "/w", "busybox")
    cli(*words, "sh", "-c", "head -c 2000 /dev/zero > /w/f; head -c 1000 /dev/zero > /f", check=True)
    assert cli("system", "prune").returncode == 125, "it asks, and there is no terminal"
    kept = cli("system", "prune", "-f", "--filter", "label=none", check=True).stdout
    assert kept == b"Total reclaimed space: 0B\n"
    assert len(os.listdir(f"{cli.root}/volumes")) == 2
    lines = cli("system", "prune", "-f", "--volumes", check=True).stdout.decode().splitlines()
    assert lines[0] == "Deleted Containers:"
    assert lines[-1] == "Total reclaimed space: 3kB"
    assert os.listdir(f"{cli.root}/volumes") == ["vol"]
    assert cli("images", "-q", check=True).stdout
    lines = cli("system", "prune", "-a", "-f", check=True).stdout.decode().splitlines()
    assert "untagged: busybox:latest" in lines
    assert not cli("images", "-q", check=True).stdout
    (made,) = cli("volume", "create", check=True).stdout.decode().split()
    cli("system", "prune", "-f", "--volumes", "--filter", "until=1h", check=True)
    assert sorted(os.listdir(f"{cli.root}/volumes")) == sorted([made, "vol"]), "it was made just now"


def test_each_prune_is_told(fresh_cli):
    cli = fresh_cli
    for verb in ("container", "network", "volume", "image", "builder"):
        cli(verb, "prune", "-f", check=True)
    found = cli("events", "--since", "1h", "--until", "-1ms", "--filter", "event=prune", "--format", "json", check=True)
    told = [json.loads(line) for line in found.stdout.splitlines()]
    assert [event["Type"] for event in told] == ["container", "network", "volume", "image", "builder"]
    assert {event["Actor"]["Attributes"]["reclaimed"] for event in told} == {"0"}


def test_reset_removes_everything_that_mapped_ids_own_too(fresh_cli):
    cli = fresh_cli
    script = "mkdir -m 0 /d; touch /d/f; chown -R 1:1 /d; exec sleep 60"
    cli("run", "-d", "--name", "c", "--network", "none", "-v", "vol:/v", "busybox", "sh", "-c", script, check=True)
    assert cli("system", "reset").returncode == 125
    assert cli("ps", "-q", check=True).stdout
    done = cli("system", "reset", "-f", check=True)
    assert done.stdout.decode() == f"Removed {cli.root}\n"
    assert not os.path.exists(cli.root) or os.listdir(cli.root) == []
    told = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert f"{cli.root}/" not in told
    assert CommandLine(cli.root)("images", "-q", check=True).stdout == b""


@pytest.mark.real
def test_a_process_that_goes_on_finds_an_empty_store(fresh_cli):
    from hull import paths
    from hull.commands.images import images
    from hull.commands.system import system
    from hull.engine import Engine

    engine = Engine(paths.find({"HULL_ROOT": fresh_cli.root, "HOME": "/"}))
    engine.resident = True
    assert images(engine)
    system(engine, "reset", force=True)
    assert images(engine) == []
    engine.close()
