"""``python -m complaintctl`` and the ``complaintctl`` script."""

import gc
import signal
import sys


def main() -> None:
    """Runs the command line and leaves with its exit code."""
    gc.set_threshold(50_000)  # loading modules makes no garbage worth a search every 700 objects
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        from .cli.app import main as run

        sys.exit(run())
    except KeyboardInterrupt:  # before the program can tell of it
        sys.exit(130)


if __name__ == "__main__":
    main()
