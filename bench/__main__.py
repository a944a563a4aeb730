"""``python -m bench``: every comparison, one after the other, so that none disturbs another."""

import importlib
import platform
import sys

_PARTS = ("start", "audio", "speak", "engines", "ledger", "clean", "call", "linear", "bounds", "storm")


def main() -> int:
    """Run the parts named on the command line, or all of them."""
    print(f"Python {platform.python_version()}; read the ratios, the milliseconds are this machine's\n")
    for name in sys.argv[1:] or _PARTS:
        print(f"== {name}", flush=True)
        for row in importlib.import_module(f"bench.{name}").run():
            print(row, flush=True)
        print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
