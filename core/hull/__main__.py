"""The `hull` command, also `python -m hull`."""

import gc
import sys

RARELY = 50_000  # objects between two collections: a start makes fewer, and lives for 20 ms


def main() -> None:
    """Run the command line and exit; an interrupt ends as a native command's does, without a traceback."""
    gc.set_threshold(RARELY)
    try:
        from hull.cli import run

        status = run(sys.argv[1:])
        sys.stdout.flush()
    except KeyboardInterrupt:
        _die("SIGINT")
    except BrokenPipeError:
        _die("SIGPIPE")
    else:
        sys.exit(status)


def _die(name: str) -> None:
    """End by a signal, so that the shell that waits sees what happened: 128 + n, and its loops stop."""
    import os
    import signal

    number = signal.Signals[name]
    signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [number])
    os.kill(os.getpid(), number)


if __name__ == "__main__":
    main()
