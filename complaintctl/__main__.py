"""``python -m complaintctl`` and the ``complaintctl`` script."""

import sys

from .cli.app import main as run


def main() -> None:
    """Runs the command line and leaves with its exit code."""
    sys.exit(run())


if __name__ == "__main__":
    main()
