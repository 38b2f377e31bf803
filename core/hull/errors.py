"""Everything hull raises on purpose.

    HullError                 message + hint; the fronts print both and exit 125
    ├── UserError             what was asked cannot be: a bad flag, an unknown image, a name in use
    ├── HostError             this machine cannot or will not: no user namespaces, no helper, a full disk
    ├── RegistryError         the other side refused, failed or lied
    └── Bug                   hull contradicts itself; the hint says how to report it

A message reads verb + object + reason ("cannot mount overlay on /: Operation not permitted"); the hint is the next
thing to do, complete enough to paste.
"""


class HullError(Exception):
    """A failure with a message for people and, in `hint`, what to do next."""

    exit_code = 125

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UserError(HullError):
    """The request is wrong; asking differently helps."""


class HostError(HullError):
    """The host lacks or refuses something; the hint says how to give it."""


class RegistryError(HullError):
    """A registry refused, failed, or sent what its digest denies."""


class Bug(HullError):  # noqa: N818 (the word people use)
    """Hull contradicts itself."""
