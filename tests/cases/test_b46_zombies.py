"""B46: orphans are reaped by pid 1."""

from tests.commandline import CommandLine
from tests.repeat import times

SCRIPT = """
i=0
while [ $i -lt $0 ]; do (true &); i=$((i+1)); done
for attempt in $(seq 100); do
    left=$(grep -l '^State:.Z' /proc/[0-9]*/status 2>/dev/null | wc -l)
    [ "$left" = 0 ] && break
    sleep 0.05
done
echo "$left zombies"
"""


def test_b46_no_zombie_is_left(cli: CommandLine) -> None:
    rounds = str(times(200, 1000))
    done = cli("run", "--rm", "--network", "none", "busybox", "sh", "-c", SCRIPT, rounds, check=True)
    assert done.stdout == b"0 zombies\n"
