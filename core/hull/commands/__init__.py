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
    "stats",
    "pull",
    "images",
    "rmi",
    "load",
    "import",
    "doctor",
    "completion",
    "version",
)
