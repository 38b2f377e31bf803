"""One verb a file; `VERBS` is the order of `hull --help`."""

VERBS = (
    "run",
    "exec",
    "ps",
    "wait",
    "stop",
    "kill",
    "pause",
    "unpause",
    "rm",
    "inspect",
    "pull",
    "images",
    "rmi",
    "load",
    "import",
    "doctor",
    "completion",
    "version",
)
