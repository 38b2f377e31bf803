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
    "top",
    "pull",
    "images",
    "rmi",
    "load",
    "import",
    "doctor",
    "completion",
    "version",
)
