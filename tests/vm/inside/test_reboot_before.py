"""Containers run, with and without a policy, when the machine goes down."""

import json

from tests.busybox import rootfs
from tests.vm.inside.reboots import BACK, HONEST, NOTES, boot

SCRIPT = ("busybox", "sh", "-c", "echo start >> /starts; exec sleep 100000")


def detach(cli, name, *flags):
    cli("run", "-d", "--name", name, "--network", "none", *flags, *SCRIPT, check=True)


def test_everything_is_set_up_for_the_reboot():
    for cli in (BACK, HONEST):
        cli("import", "-", "busybox", input=rootfs(), check=True)
        detach(cli, "always", "--restart", "always", "--memory", "64m")
        detach(cli, "once")
    detach(BACK, "kept", "--restart", "unless-stopped")
    detach(BACK, "halted", "--restart", "unless-stopped")
    BACK("stop", "-t", "0", "halted", check=True)
    assert b"written: the unit " in BACK("autostart", "enable", check=True).stdout
    BACK("autostart", "enable", check=True)  # once more is no more
    told = BACK("autostart", "status", check=True).stdout.decode().splitlines()
    assert [line for line in told if line.startswith("to start: ")] == [
        "to start: always (always)",
        "to start: kept (unless-stopped)",
    ]
    assert len([line for line in told if line.startswith("enabled: ")]) == 1
    with open(NOTES, "w") as file:
        json.dump({"boot": boot()}, file)
