"""What the fuzzer of the plan's reader begins with, made of the table of ops: `python seeds.py DIRECTORY`."""

import os
import sys

from hull.runtime import ops

VALUES = ("1", "/a", "ro,rec", "", "/proc/self/fd/3", "18446744073709551615")


def dictionary() -> str:
    """Return libFuzzer's dictionary: every word of a plan with the NUL that ends it."""
    return "".join(f'"{word}\\x00"\n' for word in ("\\x00".join(ops.MAGIC), "end", *ops.OPS, *VALUES))


def plans() -> dict[str, bytes]:
    """Return plans by name: one an op with each kind of value, one of all ops, and one cut in each op's arguments."""
    found = {}
    every: list[ops.Op] = []
    for word, row in ops.OPS.items():
        count = len(row.arguments)
        plan = [(word, *(VALUES[(first + at) % len(VALUES)] for at in range(count))) for first in range(len(VALUES))]
        every += plan[:1]
        found[word] = ops.encode(plan)
        found[f"{word}.cut"] = ops.encode(plan[:1])[: -len("end\0") - 1]
    return found | {"all": ops.encode(every)}


def write(place: str) -> None:
    """Write the dictionary and the plans, one a file, into a directory."""
    os.makedirs(f"{place}/seeds", exist_ok=True)
    with open(f"{place}/plan.dict", "w") as file:
        file.write(dictionary())
    for name, plan in plans().items():
        with open(f"{place}/seeds/{name}", "wb") as seed:
            seed.write(plan)


if __name__ == "__main__":
    write(sys.argv[1])
