"""A recipe says what was run in a container, and building it gives the same files."""

import io
import tarfile

import pytest


@pytest.fixture
def made(cli, name):
    """Give a container in which things were run, its main program a shell that waits."""
    container = name()
    flags = ("-e", 'V=a "b" $c', "-w", "/w", "--network", "none", "-l", "k=v")
    cli("run", "-d", "-i", "--name", container, *flags, "busybox", "sh", check=True)
    cli("exec", container, "sh", "-c", "echo $V > made && mkdir -p d/e", check=True)
    cli("exec", "-u", "7:8", "-w", "/tmp", "-e", "X=1 2", container, "sh", "-c", 'echo "$X" > x', check=True)
    cli("exec", container, "touch", "/with space", "$plain", check=True)
    cli("exec", container, "rm", "-r", "/root", check=True)
    return container


def test_building_a_recipe_gives_the_same_files(cli, made, tmp_path):
    text = cli("recipe", made, check=True).stdout.decode()
    (tmp_path / "Containerfile").write_text(text)
    ident = cli("build", "-q", "--network", "none", str(tmp_path), check=True).stdout.decode().strip()
    look = "find / -xdev -type f -exec stat -c '%n %a %u %g %s' {} + | grep -v '^/etc\\|^/proc\\|^/sys' | sort; ls -A /"
    theirs = cli("run", "--rm", "--network", "none", ident, "sh", "-c", look, check=True).stdout
    mine = cli("exec", made, "sh", "-c", look, check=True).stdout
    assert theirs == mine
    shown = cli("run", "--rm", "--network", "none", ident, "cat", "/w/made", check=True).stdout
    assert shown == b'a "b" $c\n'


def test_what_was_typed_in_a_shell_is_one_script(cli, made):
    typed = "printf 'cd /tmp\\necho typed > here\\nexit\\n' > /.ash_history"
    cli("exec", made, "sh", "-c", typed, check=True)
    lines = cli("recipe", made, check=True).stdout.decode().splitlines()
    at = lines.index("RUN <<'END'")
    assert lines[at + 1 : at + 4] == ["cd /tmp", "echo typed > here", "END"]
    assert "RUN <<'END'" not in cli("recipe", "--no-shell", made, check=True).stdout.decode()


def test_the_main_program_counts_where_it_ended_well(cli, name):
    good, bad = name(), name()
    cli("run", "--name", good, "--network", "none", "busybox", "touch", "/good", check=True)
    cli("run", "--name", bad, "--network", "none", "busybox", "sh", "-c", "touch /bad; exit 3")
    assert 'RUN ["touch", "/good"]' in cli("recipe", good, check=True).stdout.decode()
    assert "RUN" not in cli("recipe", bad, check=True).stdout.decode()


def test_all_that_was_done_together_is_built_again(cli, name, tmp_path):
    """A main program that changed files, users, directories, removals, links, modes and a shell's history: one tree."""
    container = name()
    main = "mkdir -p /srv/app && cd /srv/app && echo $MODE > mode && ln -s mode link && ln mode hard && rm /bin/tac"
    flags = ("-e", "MODE=fast 'n' \"furious\"", "-w", "/srv", "-u", "0", "--network", "none")
    cli("run", "--name", container, *flags, "busybox", "sh", "-c", main, check=True)
    keep = name()
    ident = cli("commit", container, "recipe-tree:1", check=True).stdout.decode().strip()
    assert ident
    text = cli("recipe", container, check=True).stdout.decode()
    (tmp_path / "Containerfile").write_text(text)
    built = cli("build", "-q", "--network", "none", str(tmp_path), check=True).stdout.decode().strip()
    trees = [tree(cli, image) for image in ("recipe-tree:1", built)]
    assert trees[0] == trees[1]
    cli("run", "-d", "-i", "--name", keep, *flags, "recipe-tree:1", "sh", check=True)
    typed = "cd /srv/app\necho 'typed $x' > typed\nexit\n"
    cli("cp", "-", f"{keep}:/", input=history_tar(typed), check=True)
    cli("exec", "-i", keep, "sh", input=typed.encode(), check=True)
    cli(
        "exec", "-u", "3:4", "-w", "/tmp", keep, "sh", "-c", "umask 027; echo mine > mine; mkdir -m 700 own", check=True
    )
    cli("exec", keep, "sh", "-c", "chmod 4711 /bin/cat; rm -r /srv/app/link; touch '/a b' /ü", check=True)
    (tmp_path / "Containerfile").write_text(cli("recipe", keep, check=True).stdout.decode())
    again = cli("build", "-q", "--network", "none", str(tmp_path), check=True).stdout.decode().strip()
    cli("commit", keep, "recipe-tree:2", check=True)
    mine, theirs = tree(cli, "recipe-tree:2"), tree(cli, again)
    history = {".ash_history"}
    assert {key: mine[key] for key in mine.keys() - history} == {key: theirs[key] for key in theirs.keys() - history}


def history_tar(text: str) -> bytes:
    """Return a tar with what a shell noted."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:
        entry = tarfile.TarInfo(".ash_history")
        entry.size = len(text)
        tar.addfile(entry, io.BytesIO(text.encode()))
    return made.getvalue()


def tree(cli, image: str) -> dict[str, tuple[object, ...]]:
    """Return what is in an image: kinds, modes, owners, links and content."""
    container = cli("create", "--network", "none", image, "true", check=True).stdout.decode().strip()
    data = cli("export", container, check=True).stdout
    cli("rm", container, check=True)
    found: dict[str, tuple[object, ...]] = {}
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        for one in tar:
            if one.name.startswith(("./etc/host", "./etc/resolv.conf", "etc/host", "etc/resolv.conf")):
                continue
            file = tar.extractfile(one) if one.isreg() else None
            content = b"" if file is None else file.read()
            found[one.name] = (one.type, one.mode, one.uid, one.gid, one.linkname, content)
    return found
