"""Loading hull into xonsh: by its entry point, at little cost, twice, and out again without a trace."""

import subprocess
import sys

import pytest

from tests.fronts.matrix import Kind, Session
from tests.fronts.terminal import environment

pytest.importorskip("xonsh", reason="xonsh is not installed")
pytest.importorskip("pexpect", reason="pexpect is not installed")
RUN = "hull run --network none --rm busybox"
STATE = """
def hull_state():
    from xonsh.procs.specs import SubprocSpec
    from xonsh.xontribs import xontribs_main
    bus = __xonsh__.builtins.events
    named = {name: len(event) for name, event in vars(bus).items() if not name.startswith('_')}
    return (
        sorted(aliases), sorted($PROMPT_FIELDS), named, sorted(__xonsh__.completers),
        sorted(__xonsh__.commands_cache.threadable_predictors), sorted(vars(__xonsh__.history or aliases)),
        sorted(k for k in __xonsh__.env if 'HULL' in k), sorted(k for k in __xonsh__.ctx if 'hull' in k),
        SubprocSpec.resolve_decorators.__qualname__, sorted(vars(aliases)), $PROMPT,
    )
"""


@pytest.fixture
def xonsh(shell_env):
    """Give `xonsh(source, *flags)`: the standard output of one xonsh, which is not told to load anything."""

    def run(source, *flags, **variables):
        argv = [sys.executable, "-m", "xonsh", *flags, "-c", source]
        env = {**shell_env, **variables}
        done = subprocess.run(
            argv, env=env, capture_output=True, text=True, timeout=60, check=False, stdin=subprocess.DEVNULL
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done.stdout

    return run


def installed() -> bool:
    """Whether this Python knows hull's entry point: the tree alone has none."""
    from importlib import metadata

    return any(entry.name == "hull" for entry in metadata.entry_points(group="xonsh.xontribs"))


@pytest.mark.skipif(not installed(), reason="hull is not installed in this Python: make setup")
def test_the_entry_point_loads_it(xonsh):
    loaded = "print('hull' in aliases, 'hull' in __xonsh__.builtins.autoloaded_xontribs, flush=True)\nhull version"
    assert xonsh(loaded).startswith("True True\nhull ")
    assert xonsh("print('hull' in aliases)", XONTRIBS_AUTOLOAD_DISABLED="1") == "False\n"
    assert xonsh("print('hull' in aliases)", "--no-rc") == "False\n"


@pytest.mark.skipif(not installed(), reason="hull is not installed in this Python: make setup")
def test_loading_what_is_loaded_changes_nothing(xonsh):
    twice = "before = hull_state()\nxontrib load hull\nxontrib load hull\nprint(before == hull_state(), flush=True)\n"
    out = xonsh(f"{STATE}{twice}{RUN} echo in")
    assert out == "True\nin\n"


def test_nothing_is_left_after_unloading(cli, tmp_path):
    """Compared where most is used: programs have run, a container was entered, events handled, history written."""
    session = Session(Kind("run", "prompt_toolkit"), environment(cli, str(tmp_path)), str(tmp_path))
    session.run("source " + session.file("state.xsh", STATE))
    session.run("xontrib unload hull")
    before = session.value("hull_state()")
    session.run("xontrib load hull")
    session.run("mine = events.on_hull_exit(lambda **what: None)")
    for line in (RUN + " true", f"x = $({RUN} echo x)", "hull enter busybox", "echo inside", "exit", "hull ps | cat"):
        session.run(line)
    session.run("events.on_hull_exit.discard(mine)")
    assert session.value("hull_state()") != before
    session.run("xontrib unload hull")
    after = session.value("hull_state()")
    assert [pair for pair in zip(before, after, strict=True) if pair[0] != pair[1]] == []
    session.close()


def test_a_shell_that_has_never_loaded_it_is_no_different(xonsh):
    around = "xontrib list > /dev/null\nbefore = hull_state()\nxontrib load hull\nhull version > /dev/null\n"
    assert xonsh(f"{STATE}{around}xontrib unload hull\nprint(before == hull_state())", "--no-rc") == "True\n"


def test_a_handler_of_the_users_stays(xonsh):
    source = (
        "xontrib load hull\nkept = events.on_hull_exit(lambda **what: print('told', what['code']))\n"
        "xontrib unload hull\n"
        f"print(len(events.on_hull_exit))\nxontrib load hull\n{RUN} true\n"
    )
    assert xonsh(source, "--no-rc") == "1\ntold 0\n"


def test_the_events_are_documented(xonsh):
    source = (
        "xontrib load hull\nfor n in ('start', 'exit', 'pull'):\n    print(getattr(events, 'on_hull_' + n).__doc__)"
    )
    text = xonsh(source, "--no-rc")
    for word in ("on_hull_start(id: str", "on_hull_exit(id: str", "on_hull_pull(image: str", "seconds: float"):
        assert word in text


def test_what_was_there_before_is_there_again(xonsh):
    source = "aliases['hull'] = ['echo', 'mine']\nxontrib load hull\nxontrib unload hull\nhull"
    assert xonsh(source, "--no-rc") == "mine\n"
