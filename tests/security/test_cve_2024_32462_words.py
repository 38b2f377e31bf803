"""A word of the program's is taken for an option of ours."""

import pytest

from tests.cases.conftest import Up
from tests.commandline import CommandLine
from tests.security.conftest import Canary, Run


@pytest.mark.parametrize("words", [("--", "x"), ("--rm",), ("--volume=/:/host",), ("-v", "/:/h"), ("-h",), ("--help",)])
def test_cve_2024_32462_words_after_the_image_are_data(run: Run, words: tuple[str, ...]) -> None:
    done = run("busybox", "echo", *words)
    assert done.stdout.decode() == " ".join(words) + "\n", done
    done = run("--entrypoint=echo", "busybox", *words)
    assert done.stdout.decode() == " ".join(words) + "\n", done


def test_cve_2024_32462_exec(cli: CommandLine, up: Up) -> None:
    up("cve-words", "echo up; cat")
    assert cli("exec", "cve-words", "echo", "--", "--user=0").stdout == b"-- --user=0\n"


@pytest.mark.parametrize("name", ["-v/:/host", "--volume=/:/host", "--", "-"])
def test_cve_2024_32462_an_images_command_is_data_too(run: Run, name: str) -> None:
    done = run("--entrypoint", name, "busybox", "ls", "/host")
    assert done.returncode in (125, 127), done
    assert done.stdout == b""


def test_a_variable_is_not_a_word_of_the_plan(run: Run, canary: Canary) -> None:
    hostile = f"A=x\nbind\n{canary.directory}\n/mnt"
    done = run("-e", hostile, "busybox", "sh", "-c", 'printf %s "$A"; ls /mnt')
    assert done.stdout.decode() == hostile.removeprefix("A=")
