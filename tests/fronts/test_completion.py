"""Completion in xonsh and IPython, where the line is theirs: quotes, middles of words, captures, magics."""

import os
import subprocess
import sys

import pytest

from tests.fronts.terminal import Terminal

pytest.importorskip("xonsh", reason="xonsh is not installed")
pytest.importorskip("IPython", reason="IPython is not installed")
pexpect = pytest.importorskip("pexpect", reason="pexpect is not installed")

XONSH = """
xontrib load hull
from xonsh.completer import Completer
completer = Completer()
if $BEGUN == '1':
    _ = events.on_pre_prompt.fire()
def texts(line, at=None):
    at = len(line) if at is None else at
    context = completer.parse(line, at)
    found, _ = completer.complete_from_context(context, (context.command.prefix, line, 0, at, {}))
    print('|'.join(str(one) for one in found))
"""


@pytest.fixture(scope="module")
def container(cli):
    """Give a container that runs and has a directory with a space in its name."""
    name = f"tab-x-{os.getpid()}"
    program = "mkdir -p '/srv/my files' /srv/plain; exec sleep 1000"
    cli("run", "-d", "--network", "none", "--name", name, "busybox", "sh", "-c", program, check=True)
    yield name
    cli("rm", "-f", name, check=True)


@pytest.fixture
def xonsh(shell_env):
    """Give `xonsh(lines…)`: what the completer of a shell that has had a prompt offers for each, a line each."""

    def run(*calls, begun=True):
        source = XONSH + "\n".join(f"texts({', '.join(map(repr, call))})" for call in calls)
        argv = [sys.executable, "-m", "xonsh", "--no-rc", "-c", source]
        env = {**shell_env, "BEGUN": "1" if begun else "0"}
        done = subprocess.run(argv, env=env, capture_output=True, text=True, timeout=60, check=False, stdin=-3)
        assert done.stderr == ""
        return done.stdout.splitlines()

    return run


def test_xonsh_completes_wherever_a_command_may_stand(xonsh, container):
    lines = [
        "hull unpau",
        "x = $(hull unpau",
        "!(hull unpau",
        "echo a | hull unpau",
        "true && hull unpau",
        "![hull unpau",
    ]
    assert xonsh(*[(line,) for line in lines]) == ["unpause "] * len(lines)
    assert xonsh((f"hull exec {container[:6]}",), begun=False) == [f"{container} "]


def test_xonsh_completes_in_the_middle_of_a_word(xonsh):
    assert xonsh(("hull comion bash", 8), ("hull unpausex y", 8)) == ["complet", "unpause"]


def test_xonsh_quotes_what_it_must(xonsh, container):
    called = f"hull exec {container} ls"
    assert xonsh(
        (f"{called} /srv/m",), (f"{called} '/srv/m",), (f"{called} /srv/p",), (f"hull cp {container}:/srv/m",)
    ) == ["'/srv/my files/'", "'/srv/my files/'", "/srv/plain/", f"'{container}:/srv/my files/'"]


def test_xonsh_knows_files_of_the_machine_where_they_belong(xonsh, tmp_path):
    (tmp_path / "one.tar").write_text("")
    assert xonsh((f"hull load -i {tmp_path}/on",)) == [f"{tmp_path}/one.tar "]


def test_xonsh_never_prints_that_a_list_is_too_long(xonsh, shell_env):
    shell_env["COMPLETION_QUERY_LIMIT"] = "20"
    (line,) = xonsh(("hull run --",))
    assert len(line.split("|")) == 19


def test_a_key_at_a_real_prompt(shell_env, container):
    shell = Terminal([sys.executable, "-m", "xonsh", "--no-rc", "-i", "-DPROMPT=>"], shell_env)
    try:
        shell.run("xontrib load hull")
        shell.child.send(f"hull exec {container[:6]}\t")
        shell.expect(container[6:])
        shell.child.send("wge\t")
        shell.expect("wget|t")
        shell.child.send("--help\r")
        assert "BusyBox" in shell.prompt()
    finally:
        shell.close()


def offer(tmp_path, shell_env, *lines):
    source = "\n".join(
        [
            "ip = get_ipython()",
            "ip.run_line_magic('load_ext', 'hull')",
            "from IPython.core.completer import CompletionContext",
            "m = [m for m in ip.Completer.custom_matchers if m.matcher_identifier == 'hull'][0]",
            f"for line in {list(lines)!r}:",
            "    c = CompletionContext(line.split(' ')[-1], line, len(line), 0, 100)",
            "    r = m(c)",
            "    print(r.get('matched_fragment', '-'), [one.text for one in r['completions']][:9])",
        ]
    )
    file = tmp_path / "offer.py"
    file.write_text(source)
    argv = [sys.executable, "-m", "IPython", "--colors=nocolor", str(file)]
    done = subprocess.run(argv, env=shell_env, capture_output=True, text=True, timeout=60, check=True, stdin=-3)
    return done.stdout.splitlines()


def test_ipython_cuts_and_quotes(tmp_path, shell_env, container):
    called = f"exec {container} ls"
    assert offer(
        tmp_path,
        shell_env,
        "%hull unpau",
        "x = %hull unpau",
        "hull unpau",
        "%%hull --hostn",
        "%%hull busyb",
        f"%hull {called} /srv/m",
        f"%hull {called} '/srv/m",
        f"%hull cp {container}:/sr",
        "print('hull",
    ) == [
        "unpau ['unpause ']",
        "unpau ['unpause ']",
        "unpau ['unpause ']",
        "--hostn ['--hostname ']",
        "busyb ['busybox:latest ']",
        "/srv/m ['/srv/my\\\\ files/']",
        "'/srv/m [\"'/srv/my files/\"]",
        f"{container}:/sr ['{container}:/srv/']",
        "- []",
    ]


def test_entered_everything_is_the_containers(xonsh_in, container):
    seen = xonsh_in(
        container,
        ("wge",),
        ("ls /srv/m",),
        ("echo $(ls /sr",),
        ("ls pl",),
        ("cd p",),
        ("true | wge",),
        ("hull unpau",),
    )
    assert seen == ["wget ", "'/srv/my files/'", "/srv/", "plain/", "plain/", "wget ", "unpause "]


@pytest.fixture
def xonsh_in(shell_env):
    """Give `xonsh_in(container, calls…)`: as `xonsh`, of a shell that has entered the container and gone to /srv."""

    def run(name, *calls):
        lines = "\n".join(f"texts({', '.join(map(repr, call))})" for call in calls)
        source = f"{XONSH}\nhull enter {name}\ncd /srv\n{lines}\n"
        argv = [sys.executable, "-m", "xonsh", "--no-rc", "-c", source]
        env = {**shell_env, "BEGUN": "1"}
        done = subprocess.run(argv, env=env, capture_output=True, text=True, timeout=60, check=False, stdin=-3)
        return done.stdout.splitlines()

    return run
