"""Passwords that may not be read: every account is there inside, and locked."""

import os
import subprocess

import pytest

from tests.commandline import CommandLine

LOOK = "cut -d: -f1,2 /etc/shadow; echo; cat /etc/gshadow; chfn -f Somebody {name}; grep -c Somebody /etc/passwd"


@pytest.mark.needs("launcher", "userns", "fuse", "range", "ordinary")
def test_accounts_are_there_and_locked(fresh_cli: CommandLine) -> None:
    if os.access("/etc/shadow", os.R_OK):
        pytest.skip("needs an /etc/shadow that the caller may not read")
    with open("/etc/passwd") as users, open("/etc/group") as groups:
        names = [line.split(":")[0] for line in users]
        locked = ["{}:*::{}".format(*line.rstrip("\n").split(":")[::3]) for line in groups]
    words = ("try", "--engine", "fuse", "--name", "locked", "sh", "-c", LOOK.format(name=names[-1]))
    done = fresh_cli(*words, check=True)
    shown, _, rest = done.stdout.decode().partition("\n\n")
    assert shown.splitlines() == [f"{name}:*" for name in names]
    assert rest.splitlines() == [*locked, "1"]  # PAM took root for one that may change an account
    assert subprocess.run(["grep", "-c", "Somebody", "/etc/passwd"], capture_output=True, check=False).stdout == b"0\n"
