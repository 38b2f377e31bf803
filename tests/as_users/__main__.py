"""The whole suite, fast things first: `python -m tests.as_users [fuzz SECONDS]`.

As root: an ordinary user with subordinate ids runs nearly everything, one without runs what is marked single_id, root
runs what is marked as_root; each has a copy of the tree. As an ordinary user: that user runs everything.
"""

import os
import sys

from tests.as_users import identities, stages
from tests.as_users.tally import Tally


def main(words: list[str]) -> int:
    tree = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    tally = Tally(strict=os.environ.get("CI") == "true")
    people = identities.prepare(tree)
    for stage in stages.fuzzing(people[0], int(words[1])) if words[:1] == ["fuzz"] else stages.everything(people):
        tally.add(stage.who.name, stages.run(stage))
    return tally.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
