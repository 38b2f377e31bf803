"""What is left behind before the reboot and looked at after it."""

import os

from tests.commandline import CommandLine

HOME = os.path.expanduser("~")
NOTES = f"{HOME}/reboot.json"  # its being there asks the machine to start once more
BACK = CommandLine(f"{HOME}/back")  # autostart is enabled here
HONEST = CommandLine(f"{HOME}/honest")  # and not here


def boot() -> str:
    with open("/proc/sys/kernel/random/boot_id") as file:
        return file.read().strip()
