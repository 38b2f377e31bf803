"""A recipe says what was run in a container, and building it gives the same files."""

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
