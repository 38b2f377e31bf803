"""B45: stop ends a program that does not care for signals at once, by the image's own stop signal."""

import time

import pytest

from tests.cases.conftest import MakeImage, Up
from tests.commandline import CommandLine


def test_b45_sleep_stops_within_a_second(cli: CommandLine, up: Up) -> None:
    process = up("b45", "echo up; exec sleep 1000")
    begun = time.monotonic()
    cli("stop", "b45", check=True)
    status = process.wait(10)
    assert status == 143
    assert time.monotonic() - begun < 3  # a second on an idle machine; ten is what pid 1 ignoring SIGTERM would cost


@pytest.mark.parametrize(("word", "number"), [("SIGUSR1", 10), ("12", 12), ("RTMIN+3", 37), ("SIGQUIT", 3)])
def test_b45_the_images_stop_signal(cli: CommandLine, up: Up, make_image: MakeImage, word: str, number: int) -> None:
    image = make_image({}, f"STOPSIGNAL {word}")
    process = up("b45s", f"trap 'exit 7' {number}; echo up; while :; do sleep 0.05; done", image=image)
    cli("stop", "b45s", check=True)
    assert process.wait(10) == 7


def test_b45_the_flag_wins(cli: CommandLine, up: Up, make_image: MakeImage) -> None:
    image = make_image({}, "STOPSIGNAL SIGUSR1")
    script = "trap 'exit 7' USR1; trap 'exit 8' USR2; echo up; while :; do sleep 0.05; done"
    process = up("b45f", script, "--stop-signal", "USR2", image=image)
    cli("stop", "b45f", check=True)
    assert process.wait(10) == 8


def test_b45_a_deaf_program_is_killed_in_the_end(cli: CommandLine, up: Up) -> None:
    process = up("b45d", "trap '' TERM; echo up; while :; do sleep 0.05; done")
    cli("stop", "-t", "1", "b45d", check=True)
    assert process.wait(10) == 137
