"""hull volume, and what containers do with volumes."""

import io
import json
import os
import tarfile
from pathlib import Path

import pytest

from tests.commandline import CommandLine
from tests.commands.conftest import Name

ALONE = ("--network", "none")


def lines(cli: CommandLine, *words: str) -> list[str]:
    return cli(*words, check=True).stdout.decode().splitlines()


def sh(cli: CommandLine, script: str, *flags: str) -> str:
    return cli("run", "--rm", *ALONE, *flags, "busybox", "sh", "-c", script, check=True).stdout.decode()


def test_create_list_look_remove(fresh_cli: CommandLine) -> None:
    cli = fresh_cli
    assert lines(cli, "volume", "create", "-l", "team=db", "-l", "plain", "data") == ["data"]
    assert lines(cli, "volume", "create", "data") == ["data"]
    (made_up,) = lines(cli, "volume", "create")
    assert len(made_up) == 64
    assert lines(cli, "volume", "ls") == ["DRIVER   VOLUME NAME", *sorted([f"local    {made_up}", "local    data"])]
    assert lines(cli, "volume", "ls", "-qf", "label=team=db") == ["data"]
    assert lines(cli, "volume", "ls", "-q", "--filter", "name=^da", "--filter", "driver=local") == ["data"]
    assert lines(cli, "volume", "ls", "--filter", "driver=other") == ["DRIVER   VOLUME NAME"]
    assert lines(cli, "volume", "ls", "--format", "{{.Name}} {{.Labels}}", "-f", "label=plain") == [
        "data team=db,plain="
    ]
    (found,) = json.loads(cli("volume", "inspect", "data", check=True).stdout)
    assert (found["Name"], found["Driver"], found["Scope"], found["Options"]) == ("data", "local", "local", {})
    assert found["Labels"] == {"team": "db", "plain": ""}
    assert found["Mountpoint"] == f"{cli.root}/volumes/data/_data"
    assert lines(cli, "volume", "inspect", "-f", "{{.Hull.Anonymous}}", "data", made_up) == ["false", "true"]
    assert lines(cli, "volume", "rm", "data", made_up) == ["data", made_up]
    assert os.listdir(f"{cli.root}/volumes") == []
    gone = cli("volume", "rm", "data")
    assert (gone.returncode, b"no such volume: data" in gone.stderr) == (125, True)
    assert cli("volume", "rm", "-f", "data").returncode == 0


@pytest.mark.parametrize(
    "words", [("create", "a b"), ("create", ".x"), ("create", "../x"), ("inspect", "../tmp"), ("rm",)]
)
def test_what_is_no_volume(cli: CommandLine, words: tuple[str, ...]) -> None:
    done = cli("volume", *words)
    assert done.returncode == 125
    assert done.stderr.startswith(b"hull: ")


def test_a_volume_in_use_is_kept_and_its_user_named(cli: CommandLine, name: Name) -> None:
    user, volume = name(), f"used-{os.getpid()}"
    cli("create", *ALONE, "--name", user, "-v", f"{volume}:/d", "busybox", check=True)
    done = cli("volume", "rm", "-f", volume)
    assert done.returncode == 125
    assert f"{user} uses it" in done.stderr.decode()
    assert volume not in lines(cli, "volume", "ls", "-qf", "dangling=true")
    assert volume in lines(cli, "volume", "ls", "-qf", "dangling=false")
    assert user in lines(cli, "ps", "-a", "--filter", f"volume={volume}", "--format", "{{.Names}}")
    cli("rm", "-v", user, check=True)
    assert lines(cli, "volume", "ls", "-qf", f"name={volume}") == [volume], "rm -v keeps what has a name"
    cli("volume", "rm", volume, check=True)


@pytest.mark.needs("range")
def test_export_and_import_keep_owners_modes_and_attributes(cli: CommandLine, tmp_path: Path) -> None:
    first, second = f"first-{os.getpid()}", f"second-{os.getpid()}"
    script = "mkdir /d/a; echo text > /d/a/f; ln -s a/f /d/l; chmod 2750 /d/a; chown -R 5:6 /d; chmod 700 /d"
    sh(cli, script, "-v", f"{first}:/d")
    path = tmp_path / "volume.tar"
    cli("volume", "export", "-o", str(path), first, check=True)
    piped = cli("volume", "export", first, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(piped)) as tar:
        assert {(m.name, m.uid, m.gid) for m in tar} >= {(".", 5, 6), ("a/f", 5, 6)}
    show = "stat -c '%n %u:%g %a' /d /d/a /d/a/f /d/l; cat /d/l"
    expected = sh(cli, show, "-v", f"{first}:/d")
    assert expected.splitlines()[0] == "/d 5:6 700"
    cli("volume", "create", second, check=True)
    cli("volume", "import", second, str(path), check=True)
    assert sh(cli, show, "-v", f"{second}:/d") == expected
    sh(cli, "rm -r /d/a", "-v", f"{second}:/d")
    cli("volume", "import", second, "-", input=piped, check=True)
    assert sh(cli, show, "-v", f"{second}:/d") == expected
    cli("volume", "rm", first, second, check=True)


def test_import_stays_inside(cli: CommandLine, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, str(outside)
        tar.addfile(link)
        for path in ("link/planted", "../planted", f"{outside}/planted"):
            entry = tarfile.TarInfo(path)
            entry.size = 1
            tar.addfile(entry, io.BytesIO(b"x"))
    volume = f"hostile-{os.getpid()}"
    cli("volume", "create", volume, check=True)
    cli("volume", "import", volume, "-", input=stream.getvalue())
    assert list(outside.iterdir()) == []
    assert not os.path.exists(f"{cli.root}/volumes/planted")
    cli("volume", "rm", volume, check=True)


def test_prune_takes_what_nobody_named_and_with_all_what_has_a_name(fresh_cli: CommandLine) -> None:
    cli = fresh_cli
    for word in ("plain", "kept"):
        cli("volume", "create", "-l", f"{word}=1", word, check=True)
    (made_up,) = lines(cli, "volume", "create")
    assert cli("volume", "prune").returncode == 125, "nobody can answer"
    assert lines(cli, "volume", "prune", "-f")[:2] == ["Deleted Volumes:", made_up]
    assert lines(cli, "volume", "prune", "-f", "--filter", "until=1h") == ["Total reclaimed space: 0B"]
    assert lines(cli, "volume", "prune", "-fa", "--filter", "label!=kept")[:2] == ["Deleted Volumes:", "plain"]
    assert lines(cli, "volume", "ls", "-q") == ["kept"]
    sh(cli, "head -c 1000 /dev/zero > /d/f", "-v", "kept:/d")
    (row,) = [line for line in lines(cli, "system", "df", "-v") if " kept " in line]
    assert "1kB" in row
    (made_up,) = lines(cli, "volume", "create")
    assert made_up in lines(cli, "system", "prune", "-f", "--volumes")
    assert lines(cli, "volume", "ls", "-q") == ["kept"]


def test_a_volume_may_stand_for_a_directory(cli: CommandLine, tmp_path: Path) -> None:
    volume, place = f"bound-{os.getpid()}", tmp_path / "place"
    words = ("-o", "type=none", "-o", f"device={place}", "-o", "o=bind,ro")
    cli("volume", "create", *words, volume, check=True)
    missing = cli("run", "--rm", *ALONE, "-v", f"{volume}:/d", "busybox", "true")
    assert (missing.returncode, b"is no directory" in missing.stderr) == (125, True)
    place.mkdir()
    (place / "file").write_text("mine\n")
    assert sh(cli, "cat /d/file; touch /d/x 2> /dev/null || echo refused", "-v", f"{volume}:/d") == "mine\nrefused\n"
    assert cli("volume", "create", "-o", "type=tmpfs", "-o", "device=tmpfs", "x").returncode == 125
    assert cli("volume", "create", "-o", "type=nfs", "-o", "device=:/x", "x").returncode == 125
    cli("volume", "rm", volume, check=True)
    assert (place / "file").exists(), "what is bound is never removed"


def test_anonymous_volumes_go_with_their_container_unless_another_took_them(cli: CommandLine, name: Name) -> None:
    first, second = name(), name()
    before = set(os.listdir(f"{cli.root}/volumes"))
    cli("create", *ALONE, "--name", first, "-v", "/d", "-v", f"named-{first}:/n:ro", "busybox", check=True)
    write = cli(
        "run", *ALONE, "--name", second, "--volumes-from", first, "busybox", "sh", "-c", "echo kept > /d/f; touch /n/x"
    )
    assert b"Read-only" in write.stderr
    cli("rm", "-v", first, check=True)
    (anonymous,) = set(os.listdir(f"{cli.root}/volumes")) - before - {f"named-{first}"}
    again = cli("run", "--rm", *ALONE, "--volumes-from", f"{second}:ro", "busybox", "sh", "-c", "cat /d/f; touch /d/x")
    assert (again.stdout, b"Read-only" in again.stderr) == (b"kept\n", True)
    cli("rm", "-v", second, check=True)
    assert anonymous in lines(cli, "volume", "prune", "-f")
    cli("volume", "rm", f"named-{first}", check=True)


def test_a_rm_container_leaves_the_volume_that_another_took(cli: CommandLine, name: Name) -> None:
    first, second = name(), name()
    before = set(os.listdir(f"{cli.root}/volumes"))
    cli("run", "-d", "--rm", *ALONE, "--name", first, "-v", "/d", "busybox", "sleep", "1000", check=True)
    cli("create", *ALONE, "--name", second, "--volumes-from", first, "busybox", "cat", "/d/f", check=True)
    cli("exec", first, "sh", "-c", "echo kept > /d/f", check=True)
    cli("rm", "-f", first, check=True)
    assert cli("start", "-a", second, check=True).stdout == b"kept\n"
    cli("rm", "-v", second, check=True)
    for left in set(os.listdir(f"{cli.root}/volumes")) - before:
        cli("volume", "rm", left, check=True)


def test_events_and_inspect_tell_of_volumes(fresh_cli: CommandLine) -> None:
    cli = fresh_cli
    cli("create", *ALONE, "--name", "c", "-v", "data:/d:ro", "-v", "/etc:/e:rslave", "busybox", check=True)
    (found,) = json.loads(cli("inspect", "c", check=True).stdout)
    volume, bind = sorted(found["Mounts"], key=lambda mount: str(mount["Destination"]))
    assert (volume["Type"], volume["Name"], volume["Driver"], volume["RW"]) == ("volume", "data", "local", False)
    assert volume["Source"] == f"{cli.root}/volumes/data/_data"
    assert (bind["Type"], bind["Source"], bind["RW"], bind["Propagation"]) == ("bind", "/etc", True, "rslave")
    cli("start", "-a", "c", check=True)
    cli("rm", "c", check=True)
    cli("volume", "rm", "data", check=True)
    told = cli("events", "--since", "1h", "--until", "0s", "--filter", "type=volume", "--format", "json", check=True)
    events = [json.loads(line) for line in told.stdout.splitlines()]
    assert [event["Action"] for event in events] == ["create", "mount", "unmount", "destroy"]
    assert events[1]["Actor"] == {
        "ID": "data",
        "Attributes": {
            "container": found["Id"], "destination": "/d", "driver": "local", "propagation": "", "read/write": "false",
        },
    }  # fmt: skip
