"""A program types into the shell's terminal, or pastes by a console's own request (also 2019-7303)."""

import pytest

from tests.cases.conftest import Terminal
from tests.commandline import program


@pytest.mark.parametrize("profile", ["", "unconfined", "allow"])
@pytest.mark.parametrize("tty", [(), ("-t",)])
def test_cve_2017_5226_nothing_can_be_typed(
    terminal: Terminal, probe: str, tmp_path_factory: pytest.TempPathFactory, profile: str, tty: tuple[str, ...]
) -> None:
    if profile == "allow":
        path = tmp_path_factory.mktemp("profile") / "allow.json"
        path.write_text('{"defaultAction": "SCMP_ACT_ALLOW"}')
        profile = str(path)
    option = [f"--security-opt=seccomp={profile}"] if profile else []
    words = [
        "run",
        "--rm",
        "--network=none",
        "-v",
        f"{probe}:/probe:ro",
        *option,
        *tty,
        "busybox",
        "/probe",
        "terminal",
    ]
    child = terminal(*program(), *words)
    child.expect(r"(?:(?:sti|linux) \w+\s+){15,20}")
    answers = child.match.group().decode().split()
    assert set(answers[1::2]) <= {"EPERM", "EBADF"}, answers
    assert answers[1::2].count("EPERM") >= 15
