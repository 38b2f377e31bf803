"""`hull enter` in xonsh, line by line: what runs inside, what stays on this machine, how one comes back."""

import os

import pytest

pytest.importorskip("xonsh", reason="xonsh is not installed")

IN = "hull enter --network none busybox"
RC = "print('rc', __xonsh__.lastcmd.rtn, flush=True)"


def inside(*lines):
    return "\n".join((IN, *lines))


def test_commands_run_inside_until_exit(script, cli, others):
    done = script(inside("a = $(hostname).strip()", "test -e /etc/debian_version", RC, "![exit]", "b = $(hostname)",
                         "print(len(a), a in b)"), whole=True)  # fmt: skip
    assert done.stdout.splitlines() == ["rc 1", "12 False"]
    assert "(new, of busybox): exit removes it" in done.stderr
    assert cli.containers() <= others


def test_words_mean_what_they_mean_inside(script, tmp_path):
    (tmp_path / "here").mkdir()
    (tmp_path / "here/on-host.txt").touch()
    lines = ("mkdir /d", "cd /d", "touch a.txt b.txt 'c d.txt'", "echo *", "echo /d/?.txt*", "echo 'a*' \"*\" none*",
             "x = ['*']", "echo @(x) @('a')*",
             "echo ~ ~/x --at=~/y $HOME $PWD $PATH $NOSUCH", "echo g`*.txt`")  # fmt: skip
    assert script(inside(*lines)).splitlines() == [
        "a.txt b.txt c d.txt", "/d/a.txt /d/b.txt", "a* * none*", "* a.txt",
        "/root /root/x --at=/root/y /root /d /usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin $NOSUCH",
        "a.txt b.txt c d.txt",
    ]  # fmt: skip


def test_a_pattern_for_this_machine_is_this_machines(script, tmp_path):
    (tmp_path / "here").mkdir()
    (tmp_path / "here/on-host.txt").touch()
    home = str(tmp_path)
    assert script(inside("@host echo *.txt ~ g`*.txt`", "cd /", "@host pwd")).splitlines() == [
        f"on-host.txt {home} on-host.txt", f"{home}/here",
    ]  # fmt: skip
    assert "only * is" in script(inside("ls `.*`"), whole=True).stderr


def test_redirections_are_files_inside(script, tmp_path):
    lines = ("echo one > /tmp/f", "echo two >> /tmp/f", "cat < /tmp/f", "ls /none e> /tmp/e", "ls /none a> /tmp/a",
             "ls /none > /tmp/b e>o", "sh -c 'cat /tmp/e /tmp/a /tmp/b | wc -l'", "echo rel > rel", "cat rel",
             "echo kept | @host cat > out", "cat < /none", RC, "@host ls")  # fmt: skip
    done = script(inside(*lines), whole=True)
    assert done.stdout.splitlines() == ["one", "two", "3", "rel", "rc 1", "out"]
    assert "cannot open /none: No such file or directory" in done.stderr
    assert (tmp_path / "here/out").read_text() == "kept\n"
    assert not os.path.exists("/rel")


def test_what_is_the_shells_own_is_not_redirected_unless_it_is_said(script, tmp_path):
    done = script(inside("hull version > v"), whole=True)
    assert "cannot redirect hull to a file inside" in done.stderr
    assert not (tmp_path / "here/v").exists()
    script(inside("@host hull version > v"))
    assert (tmp_path / "here/v").read_text().startswith("hull ")
    assert "it would replace this shell" in script(inside("exec true"), whole=True).stderr


def test_pipelines_mix(script):
    lines = ("echo abc | @host tr a-z A-Z | cat", "@host echo host | cat | @host cat",
             "@host head -c 1000000 /dev/zero | cat | @host cat | cat | @host wc -c",
             "yes | head -c 1000000 | @host wc -c", "true && echo yes", "false || echo no",
             "r = !(sh -c 'echo out; echo err >&2; exit 3')", "r.end()",
             "print(repr(r.out.strip()), repr(r.err), r.rtn)")  # fmt: skip
    assert script(inside(*lines)).splitlines() == [
        "ABC", "host", "1000000", "1000000", "yes", "no", "'out' 'err\\n' 3",
    ]  # fmt: skip


def test_unknown_and_refused_commands(script):
    done = script(inside("no-such-program", RC, "/etc", RC), whole=True)
    assert done.stdout.split() == ["rc", "127", "rc", "126"]
    assert "cannot run no-such-program: No such file or directory" in done.stderr
    assert "Did you mean" not in done.stderr


def test_variables_that_changed_go_in_and_this_machines_stay(script):
    show = "sh -c r'echo \"[$BEFORE] [$SET] [$GIVEN] [$SECRET] [$PATH] [$HOME] [$PWD] [$OLDPWD] [$TERM]\"'"
    lines = ("$BEFORE = 'b'", "hull enter --network none -e GIVEN=g busybox", "$SET = 5", "$PATH = ['/host']",
             "cd /etc", show, "$NOW=6 sh -c r'echo $NOW'", "$PATH='/bin' sh -c r'echo $PATH'",
             "echo $BEFORE $SET $GIVEN", "del $SET", "sh -c r'echo [$SET] [$NOW]'")  # fmt: skip
    path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    assert script("\n".join(lines), env={"SECRET": "host"}).splitlines() == [
        f"[] [5] [g] [] [{path}] [/root] [/etc] [/] [xterm]", "6", "/bin", "b 5 g", "[] []",
    ]  # fmt: skip


def test_cd_and_its_like_go_inside(script, tmp_path):
    lines = ("mkdir -p /a/b '/with space'", "cd /a", "pwd", "cd b", "pwd", "cd ..", "pwd", "cd -", "pwd", "cd", "pwd",
             "cd '/with space'", "pwd", "cd /none", RC, "cd /etc/passwd", RC, "cd /a/*", "pwd", "pushd /a", "popd",
             "dirs", "aliases['..'] = 'cd ..'", "..", "pwd", "import os", "print(os.getcwd(), $PWD)")  # fmt: skip
    done = script(inside(*lines), whole=True)
    here = str(tmp_path / "here")
    assert done.stdout.splitlines() == [
        "/a", "/a/b", "/a", "/a/b", "/root", "/with space", "rc 1", "rc 1", "/a/b", "/a /a/b", "/a/b", "/a/b", "/a",
        f"{here} {here}",
    ]  # fmt: skip
    assert "cd: /none: No such file or directory" in done.stderr
    assert "cd: /etc/passwd: Not a directory" in done.stderr


def test_aliases_of_this_machine_are_not_shipped(script):
    source = inside("aliases['ls'] = ['ls', '--color=auto', '-v']", "aliases['say'] = 'echo from the alias | cat'",
                    "ls -d /etc", "say", "hull ps -q", "@host echo $(hostname)")  # fmt: skip
    first, second, ident, name = script(source).splitlines()
    assert (first, second) == ("/etc", "from the alias")
    assert ident == name


def test_scopes_nest_and_unwind(script, cli, others):
    lines = ("a = $(hostname)", IN, "b = $(hostname)", "print(a != b)", "![exit]", "print($(hostname) == a)", "![exit]",
             "print($(hostname) in (a, b))", "print('HULL_CONTAINER' in ${...})")  # fmt: skip
    assert script(inside(*lines)).splitlines() == ["True", "True", "False", "False"]
    assert cli.containers() <= others


def test_with_blocks_are_scopes_and_exceptions_unwind_them(script, cli, others):
    source = (
        "import hull\n"
        "with hull.inside('busybox', network='none', env={'A': '1'}) as c:\n"
        "    name = $(hostname).strip()\n    print(name == c.id[:12], $(sh -c r'echo $A').strip())\n"
        "    print(c.run(['hostname'], capture_output=True).stdout.decode().strip() == name)\n"
        "    try:\n        with hull.inside('busybox', network='none'):\n"
        "            print($(hostname).strip() == name)\n            raise ValueError\n"
        "    except ValueError:\n        print($(hostname).strip() == name)\n"
        "    with ${...}.swap(HULL_CONTAINER=''):\n        print($(hostname).strip() == name)\n"
        "print($(hostname).strip() == name)\n"
    )
    assert script(source).splitlines() == ["True 1", "True", "False", "True", "False", "False"]
    assert cli.containers() <= others


def test_a_container_that_ends_meanwhile_is_left_and_nothing_runs_here(script, tmp_path):
    source = inside("hull kill $(hostname)", "touch made-here", "print('not reached')")
    done = script(source, whole=True)
    assert "has ended" in done.stderr
    assert "back on this machine" in done.stderr
    assert "not reached" not in done.stdout
    assert not (tmp_path / "here/made-here").exists()


def test_a_block_whose_container_ended_runs_nothing_here(script, tmp_path):
    source = (
        "import hull\nwith hull.inside('busybox', network='none') as c:\n    c.kill()\n    for _ in range(2):\n"
        "        try:\n            touch made-here\n        except Exception as e:\n            print(e)\n"
    )
    assert script(source).count("nothing can run in it") == 2
    assert not (tmp_path / "here/made-here").exists()


def test_an_existing_container_is_left_as_it_was_found(script, cli):
    cli("run", "-d", "--network", "none", "--name", "runs", "busybox", "sleep", "1000", check=True)
    cli("create", "--network", "none", "--name", "serves", "busybox", "sleep", "1000", check=True)
    cli("create", "-it", "--network", "none", "--name", "shell", "busybox", "sh", check=True)
    try:
        done = script("\n".join(f"hull enter {name}\ntouch /been\nls /been\n![exit]" for name in ("runs", "serves",
                      "shell")), whole=True)  # fmt: skip
        assert done.stdout.split() == ["/been"] * 3, done.stderr
        assert "in runs: exit leaves it running" in done.stderr
        assert "in serves (it was not running): exit stops it again" in done.stderr
        states = (
            cli("inspect", "-f", "{{.State.Status}}", "runs", "serves", "shell", check=True).stdout.decode().split()
        )
        assert states == ["running", "exited", "exited"]
    finally:
        cli("rm", "-f", "runs", "serves", "shell")


def test_kept_containers_come_back(script, cli):
    try:
        made = "hull enter --network none --name kept busybox\ntouch /been\n![exit]\nhull enter kept\nls /been\n![exit]"
        done = script(made, whole=True)
        assert done.stdout.split() == ["/been"]
        assert done.stderr.count("kept is stopped; hull enter kept comes back") == 2
        refused = script("hull enter -v /tmp:/tmp kept\n" + RC, whole=True)
        assert "cannot enter kept with --volume: it is there already" in refused.stderr
        assert refused.stdout.split() == ["rc", "125"]
    finally:
        cli("rm", "-f", "kept", check=True)


def test_one_command_in_a_container_of_its_own(script, cli, others, tmp_path):
    done = script("echo abc | @hull:busybox tr a-z A-Z | cat\n@hull:busybox sh -c 'pwd; id -u; echo made > made'\n"
                  "$FOO=1 @hull:busybox sh -c r'echo $FOO'\nx = $(@hull:busybox ls *)\nprint(x.split())\n"
                  f"@hull:busybox no-such\n{RC}\n@hull:Not/An/Image x", whole=True)  # fmt: skip
    here = tmp_path / "here"
    assert done.stdout.splitlines() == ["ABC", str(here), "0", "1", "['made']", "rc 127"]
    assert (here / "made").stat().st_uid == os.geteuid()
    assert "hull: " in done.stderr
    assert cli.containers() <= others


def test_one_command_in_a_container_that_is_there(script, cli):
    cli("run", "-d", "--network", "none", "--name", "there", "busybox", "sleep", "1000", check=True)
    try:
        assert script("@hull:there ls /etc/passwd | @hull:there cat").split() == ["/etc/passwd"]
    finally:
        cli("rm", "-f", "there")


def test_what_ran_inside_becomes_a_recipe(script, cli):
    try:
        script("hull enter --network none --name done busybox\nmkdir /d\ncd /d\n$A = '1'\ntouch x1 x2\nrm x*\n"
               "echo hi > f\n![exit]")  # fmt: skip
        recipe = cli("recipe", "--no-shell", "done", check=True).stdout.decode()
        assert 'RUN ["mkdir", "/d"]' in recipe
        assert "WORKDIR /d" in recipe
        assert "rm x*" in recipe
        assert "echo hi >f" in recipe
        assert "TERM" not in recipe
    finally:
        cli("rm", "-f", "done", check=True)


def test_unloading_comes_out(script):
    source = inside("xontrib unload hull", "print(len($(hostname).strip()), flush=True)", "echo *")
    number, star = script(source).splitlines()
    assert (number != "12", star) == (True, "*")
