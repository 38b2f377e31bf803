"""Everything hull raises on purpose.

    HullError                 message + hint; the fronts print both and exit 125
    ├── UserError             what was asked cannot be: a bad flag, an unknown image, a name in use
    │   ├── Missing           nothing has that name or id
    │   ├── Conflict          something is in a state, or in use, that does not allow it
    │   └── Unsupported       hull has no such thing, or not here
    ├── HostError             this machine cannot or will not: no user namespaces, no helper, a full disk
    │   └── NotHere           the caller cannot, because it goes on afterwards; another process could
    ├── RegistryError         the other side refused, failed or lied
    ├── Several               of several things some failed: `done` is what was done, `errors` are the failures
    └── Bug                   hull contradicts itself; the hint says how to report it

A message reads verb + object + reason ("cannot mount overlay on /: Operation not permitted"); the hint is the next
thing to do, complete enough to paste.
"""


class HullError(Exception):
    """A failure with a message for people and, in `hint`, what to do next.

    `done` is what the verb would have returned, as far as it came; `errors` are the failures, this one where it is one.
    """

    exit_code = 125

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.done: list[object] = []
        self.errors: list[HullError] = [self]


class UserError(HullError):
    """The request is wrong; asking differently helps."""


class Missing(UserError):  # noqa: N818 (what it says)
    """Nothing has the name, or an id that begins so."""


class Conflict(UserError):  # noqa: N818 (what it says)
    """A name in use, a container that runs, an image that something uses."""


class Unsupported(UserError):  # noqa: N818 (what it says)
    """What Docker has and hull, or this way of running it, has not."""


class HostError(HullError):
    """The host lacks or refuses something; the hint says how to give it."""


class NotHere(HostError):  # noqa: N818 (what it says)
    """The calling process cannot, because it goes on afterwards; one that does not could."""


class RegistryError(HullError):
    """A registry refused, failed, or sent what its digest denies."""


class Several(HullError):  # noqa: N818 (they are)
    """A verb of several names went on after a failure. Its message and hint are those of all of them, a line each."""

    def __init__(self, done: list[object], errors: list[HullError]) -> None:
        super().__init__("\n".join(e.message for e in errors), "\n".join(e.hint for e in errors if e.hint))
        self.done = done
        self.errors = errors


class Bug(HullError):  # noqa: N818 (the word people use)
    """Hull contradicts itself."""
