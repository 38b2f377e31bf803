"""The rows of the matrix: what any external command does in xonsh, tried with a container's program."""

import os
import sys

from tests.fronts.matrix import SIZE, Session, foreground_of, states
from tests.fronts.terminal import processes
from tests.waiting import until


def exit_code(s: Session) -> None:
    s.run(s.command("sh -c 'exit 7'"))
    assert s.code() == 7
    s.run(s.command("true"))
    assert s.code() == 0


def fed_by_a_pipe(s: Session) -> None:
    assert "ONE TWO" in s.run(f"echo one two | {s.command('tr a-z A-Z', '-i')}")


def feeds_a_pipe(s: Session) -> None:
    assert "ONE TWO" in s.run(f"{s.command('echo one two')} | tr a-z A-Z")


def between_pipes(s: Session) -> None:
    assert "zerone" in s.run(f"echo one | {s.command('sed s/o/0/', '-i')} | sed s/0n/zeron/")
    assert "zerone" in s.run(f"{s.command('echo one')} | {s.command('sed s/o/zero/', '-i')}")


def reader_that_leaves(s: Session) -> None:
    mark = s.mark()
    s.run(f"{s.command(f'sh -c yes {mark}')} | head -1")
    s.run(f"yes {mark} | {s.command('head -1', '-i')}")
    until(lambda: not processes(mark), "the writers to end")


def redirected(s: Session) -> None:
    out, err, both = s.file("out"), s.file("err"), s.file("both")
    noise = s.command("sh -c 'echo out; echo err >&2'")
    s.run(f"{noise} > {out} e> {err}")
    s.run(f"{noise} >> {out} e> /dev/null")
    s.run(f"{noise} a> {both}")
    assert [s.content(name) for name in ("out", "err", "both")] == ["out\nout\n", "err\n", "out\nerr\n"]
    s.run(f"{s.command('cat', '-i')} < {out} > {both}")
    assert s.content("both") == "out\nout\n"


def captured(s: Session) -> None:
    s.run(f"x = $({s.command('echo captured')})")
    assert s.value("x") == "captured"


def object_with_large_streams(s: Session) -> None:
    noise = "sh -c 'yes | head -c 600000; yes no | head -c 600000 >&2; exit 5'"
    s.run(f"r = !({s.command(noise)}); r.end()")
    assert s.value("(r.rtn, len(r.out), len(r.err))") == (5, 600000, 600000)


def hidden_object(s: Session) -> None:
    assert "v42" in s.run(f"r = ![{s.command(PRINT_42)}]")
    assert s.value("r.rtn") == 0


def uncaptured(s: Session) -> None:
    assert "v42" in s.run(f"r = $[{s.command(PRINT_42)}]")
    assert s.value("r") is None


def failure_raises_in_an_expression(s: Session) -> None:
    s.run("x = 'before'")
    s.run(f"x = $({s.command('false')}); x = 'after'")
    assert s.value("x") == "before"


def background(s: Session) -> None:
    mark = s.mark()
    s.run(f"{s.command(f'sleep {mark}')} &")
    until(lambda: processes(mark), "the job to start")
    assert mark in s.run("jobs")
    assert not foreground_of(mark, s)
    end(s, mark)
    until(lambda: mark not in s.run("jobs"), "the job to be gone")


def interrupted(s: Session) -> None:
    mark = s.mark()
    s.terminal.type(s.command(f"sleep {mark}"))
    until(lambda: foreground_of(mark, s), "the job to have the terminal")
    s.terminal.press("c")
    s.terminal.prompt()
    until(lambda: not processes(mark), "the job to end")
    assert s.code() == -2


def suspended(s: Session) -> None:
    mark = s.mark()
    s.terminal.type(s.command(f"sleep {mark}"))
    s.suspend(mark)
    assert mark in s.run("jobs")
    s.run("bg")
    until(lambda: "T" not in states(mark), "the job to go on")
    assert not foreground_of(mark, s)
    s.terminal.type("fg")
    until(lambda: foreground_of(mark, s), "the job to have the terminal")
    s.terminal.press("c")
    s.terminal.prompt()
    until(lambda: not processes(mark), "the job to end")
    assert mark not in s.run("jobs")


def conditions(s: Session) -> None:
    yes, no = s.command("true"), s.command("false")
    assert "yes-2" in s.run(f"{yes} && echo yes-$(echo 2)")
    assert "yes-3" in s.run(f"{no} || echo yes-$(echo 3)")
    assert "never-4" not in s.run(f"{no} && echo never-$(echo 4)")
    assert "never-5" not in s.run(f"{yes} || echo never-$(echo 5)")


def reads_the_terminal(s: Session) -> None:
    mark = s.mark()
    s.terminal.type(s.command(f"sh -c 'read x; echo got-$x-$((6*7))' {mark}"))
    until(lambda: foreground_of(mark, s), "the job to have the terminal")
    s.terminal.type("typed")
    s.terminal.expect("got-typed-42")
    s.terminal.prompt()


def reads_the_terminal_while_captured(s: Session) -> None:
    mark = s.mark()
    words = f"sh -c 'read x </dev/tty; echo got-$x' {mark}"
    s.terminal.type(f"x = $({s.command(words)})")
    until(lambda: foreground_of(mark, s), "the job to have the terminal")
    s.terminal.type("typed")
    s.terminal.prompt()
    assert s.value("x") == "got-typed"


def in_a_function(s: Session) -> None:
    s.run(
        "source " + s.file("f.xsh", f"def inside():\n    {s.command(PRINT_42)}\n    return $({s.command('echo y')})\n")
    )
    assert "v42" in s.run("print('z' + inside() + 'z')")
    assert s.value("$(" + s.command("echo y") + ")") == "y"


def in_a_script(s: Session) -> None:
    path = s.file("s.xsh", f"{PREFACE}{s.command(INTO_42)}\nprint('rc', __xonsh__.lastcmd.rtn)\n")
    assert s.value(f"$({sys.executable} -m xonsh --no-rc {path}).split()") == ["v42", "rc", "3"]


def as_one_command(s: Session) -> None:
    path = s.file("c.xsh", f"{PREFACE}{s.command(INTO_42)}; exit(__xonsh__.lastcmd.rtn + 1)")
    line = f"{sys.executable} -m xonsh --no-rc -c @(open({path!r}).read())"
    s.run(line)
    assert s.code() == 4


def on_a_terminal_of_its_own(s: Session) -> None:
    mark = s.mark()
    assert "{} {}".format(*SIZE) in s.run(s.command("stty size", "-it"))
    s.terminal.type(s.command(f"sh -c 'read x </dev/tty; echo got-$x-$((6*7)); sleep {mark}' {mark}", "-it"))
    until(lambda: foreground_of(mark, s), "the job to have the terminal")
    s.terminal.type("typed")
    s.terminal.expect("got-typed-42")
    s.suspend(mark)
    assert mark in s.run("jobs")
    s.terminal.type("fg")
    until(lambda: foreground_of(mark, s), "the job to have the terminal")
    s.terminal.press("c")
    s.terminal.prompt()
    until(lambda: not processes(mark), "the job to end")


def failure(s: Session) -> None:
    assert "unknown flag" in s.run(f"hull {s.kind.verb} --bogus")
    assert s.code() == 125
    assert "command not found" not in s.run(f"hull {s.kind.verb} --bogus")


PRINT_42 = "sh -c 'echo v$((6*7))'"
INTO_42 = "sh -c 'echo v$((6*7)); exit 3'"
PREFACE = "$XONSH_SUBPROC_RAISE_ERROR = False\nxontrib load hull\n"


def end(_: Session, mark: str) -> None:
    """Kill the job; its words are found in it and in its init."""
    for pid in processes(mark):
        try:
            os.kill(pid, 9)
        except ProcessLookupError:
            continue
    until(lambda: not processes(mark), "the job to end")


ROWS = (
    exit_code, fed_by_a_pipe, feeds_a_pipe, between_pipes, reader_that_leaves, redirected, captured,
    object_with_large_streams, hidden_object, uncaptured, failure_raises_in_an_expression, background, interrupted,
    suspended, conditions, reads_the_terminal, reads_the_terminal_while_captured, in_a_function, in_a_script,
    as_one_command, on_a_terminal_of_its_own, failure,
)  # fmt: skip
