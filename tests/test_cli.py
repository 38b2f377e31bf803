"""The command line as a process: exit codes, streams, signals, what a cold start imports."""

import os
import signal
import subprocess
import sys

import pytest

ENGINE_FREE = ("hull.images", "hull.network", "hull.state", "hull.runtime")


def hull(*words, **options):
    options.setdefault("stdout", subprocess.PIPE)
    options.setdefault("stderr", subprocess.PIPE)
    argv = [sys.executable, "-m", "hull", *words]
    return subprocess.run(argv, text=True, stdin=subprocess.DEVNULL, timeout=30, check=False, **options)


@pytest.fixture
def planted(tmp_path):
    """Give a way to add verbs: a module that replaces one before hull's command line runs."""

    def plant(source, *words, **options):
        script = f"""
import sys, types
{source}
module = types.ModuleType("hull.commands.version")
module.version = version
import hull.commands
sys.modules["hull.commands.version"] = module
hull.commands.version = module
sys.argv = ["hull", "version", *sys.argv[1:]]
from hull.__main__ import main
main()
"""
        path = tmp_path / "planted.py"
        path.write_text(script)
        return [sys.executable, str(path), *words]

    return plant


def test_an_unknown_verb_is_125_and_suggests():
    done = hull("vesrion")
    assert done.returncode == 125
    assert done.stderr == "hull: unknown verb 'vesrion'\n  hint: did you mean version? hull --help lists the verbs\n"
    assert done.stdout == ""


@pytest.mark.parametrize("words", [["version", "--bogus"], ["version", "x"], ["--bogus"], ["run"], ["run", "--bogus"]])
def test_a_usage_error_is_125_with_a_hint(words):
    done = hull(*words)
    assert done.returncode == 125
    assert done.stderr.startswith("hull: ")
    assert "hint: " in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("words", [[], ["--help"], ["-h"], ["help"], ["run", "--help"], ["help", "run"], ["--version"]])
def test_help_needs_no_store(words, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    done = hull(*words, env={**os.environ, "HULL_ROOT": f"{blocked}/x"})
    assert done.returncode == 0
    assert done.stdout
    assert done.stderr == ""


def test_an_unusable_store_is_an_error_with_a_reason(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    done = hull("ps", env={**os.environ, "HULL_ROOT": f"{blocked}/x"})
    assert done.returncode == 125
    assert "Not a directory" in done.stderr


def test_an_empty_list_is_a_header(tmp_path):
    done = hull("ps", env={**os.environ, "HULL_ROOT": str(tmp_path / "store")})
    assert done.returncode == 0
    assert done.stdout.startswith("CONTAINER ID   IMAGE")
    done = hull("ps", "--json", env={**os.environ, "HULL_ROOT": str(tmp_path / "store")})
    assert done.stdout == "[]\n"


def test_a_fault_is_one_line_and_a_saved_traceback(planted, tmp_path):
    argv = planted("def version(engine: None): raise RuntimeError('boom')")
    done = subprocess.run(
        argv, capture_output=True, text=True, check=False, env={**os.environ, "TMPDIR": str(tmp_path), "HULL_DEBUG": ""}
    )
    assert done.returncode == 125
    assert done.stderr.startswith("hull: this is a fault in hull: RuntimeError: boom\n")
    assert "Traceback" not in done.stderr
    (saved,) = tmp_path.glob("hull-traceback-*")
    assert "boom" in saved.read_text()


def test_an_exit_code_of_a_report_is_the_commands(planted):
    source = """
class Report:
    exit_code = 3
    def __str__(self): return "two lines\\nof it"
def version(engine: None): return Report()
"""
    done = subprocess.run(planted(source), capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert done.stdout == "two lines\nof it\n"


def test_an_interrupt_ends_like_a_native_command(planted):
    source = """
import time
def version(engine: None):
    print("waiting", flush=True)
    while True: time.sleep(60)
"""
    process = subprocess.Popen(planted(source), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "waiting\n"
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=10)
    assert process.returncode == -signal.SIGINT
    assert err == ""


def test_a_closed_pipe_is_quiet(planted):
    source = "def version(engine: None): return ['x' * 100] * 10000"
    process = subprocess.Popen(planted(source), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr.read() == ""
    assert process.wait(10) == -signal.SIGPIPE


def test_a_launch_becomes_the_launcher(planted):
    script = 'echo "$0 pid $$ plan $(tr "\\0" " " <"/proc/self/fd/$HULL_PLAN_FD")"; exit 42'
    source = f"""
from hull.runtime.launch import Launch
def version(engine) -> Launch: return Launch(b"hull-plan\\0" + b"1\\0end\\0", ("hull", "-c", {script!r}))
"""
    process = subprocess.Popen(
        planted(source), stdout=subprocess.PIPE, text=True, env={**os.environ, "HULL_LAUNCHER": "/bin/sh"}
    )
    out, _ = process.communicate(timeout=20)
    assert f"pid {process.pid} plan hull-plan 1 end" in out
    assert process.returncode == 42


def test_quiet_reaches_the_events(planted):
    source = """
from typing import Annotated
from hull.commands._verb import Flag
from hull.log import Event
def version(engine, *, quiet: Annotated[bool, Flag("hush", "q")] = False):
    engine.events(Event("progress", "abc", "pulling"))
    engine.events(Event("warning", "", "beware"))
"""
    loud = subprocess.run(planted(source), capture_output=True, text=True, check=True)
    hushed = subprocess.run(planted(source, "-q"), capture_output=True, text=True, check=True)
    assert loud.stderr == "abc: pulling\nhull: warning: beware\n"
    assert hushed.stderr == "hull: warning: beware\n"
    assert loud.stdout == ""


HEAVY = (
    "argparse", "asyncio", "dataclasses", "difflib", "email", "http", "inspect", "pathlib", "ssl", "tempfile",
    "threading", "traceback", "urllib3", "hull.present", "hull.progress", "hull.commands._help",
)  # fmt: skip


def test_the_run_path_imports_nothing_heavy():
    load = "import hull.cli\nfrom hull.commands._verb import load\nload('run')\n"
    ours, bare = (
        set(
            subprocess.check_output([sys.executable, "-c", f"{code}import sys; print(*sys.modules)"], text=True).split()
        )
        for code in (load, "")
    )
    ours -= bare
    assert "hull.commands.run" in ours
    assert not ours & set(HEAVY)


def test_the_command_line_imports_no_sibling_before_a_verb_asks():
    code = "import sys, hull.cli\nprint(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "hull.cli" in loaded
    assert not [name for name in loaded if name.startswith(ENGINE_FREE)]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_parse(shell, tmp_path):
    script = tmp_path / "script"
    script.write_text(hull("completion", shell).stdout)
    try:
        done = subprocess.run([shell, "-n", str(script)], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip(f"{shell} is not installed")
    assert done.returncode == 0, done.stderr


BASH = r"""
source /dev/stdin <<<"$SCRIPT"
hull() { "$PYTHON" -m hull "$@"; }
complete_line() {
    COMP_LINE="$1"; COMP_POINT=${#1}
    COMP_WORDS=("${@:2}"); COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
    compopt() { :; }
    _hull hull
    printf '%s\n' "${COMPREPLY[@]}"
}
complete_line "$@"
"""


@pytest.mark.parametrize(
    ("line", "words", "expected"),
    [
        ("hull vers", ["hull", "vers"], ["version"]),
        ("hull completion z", ["hull", "completion", "z"], ["zsh"]),
        ("hull completion ", ["hull", "completion", ""], ["bash", "zsh", "fish", "words", "line", "inside"]),
        ("hull run --pull=al", ["hull", "run", "--pull", "=", "al"], ["always"]),
        ("hull run --pull=", ["hull", "run", "--pull", "="], ["missing", "always", "never"]),
        ("hull run --hostn", ["hull", "run", "--hostn"], ["--hostname"]),
    ],
)
def test_bash_completes(line, words, expected):
    environ = {**os.environ, "SCRIPT": hull("completion", "bash").stdout, "PYTHON": sys.executable}
    argv = ["bash", "--norc", "-c", BASH, "bash", line, *words]
    done = subprocess.run(argv, capture_output=True, text=True, check=True, env=environ, timeout=30)
    assert done.stdout.split() == expected, done.stderr


def test_the_words_verb_prints_text_and_meaning():
    lines = hull("completion", "words", "completion", "b").stdout.splitlines()
    assert lines == ["bash\t"]
