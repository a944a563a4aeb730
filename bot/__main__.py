"""``python -m bot`` and the ``mouthpiece`` command."""

import sys


def main() -> int:
    """Run one command and return its exit code. Ctrl+C during imports exits quietly, too."""
    try:
        from bot.cli import main as run  # noqa: PLC0415  takes some tenths of a second

        return run()
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
