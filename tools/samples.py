"""Speak the sentences of the demo with the natural voices into ``docs/samples``, to which the README links.

Run by ``make docs``. Without the extra ``natural`` the samples stay as they are: another engine's would be misleading.
"""

import asyncio
import shutil
import sys
import tempfile
from pathlib import Path

from bot.cli.arguments import Arguments
from bot.cli.speak import demo
from bot.config import Config
from bot.providers.builtin import natural

FOLDER = Path(__file__).parent.parent / "docs" / "samples"
_ENGINES = (natural.HIBARI, natural.KOKORO)


def main() -> int:
    """Speak the demo in a folder of its own and copy what it made."""
    if any(natural.missing(engine) for engine in _ENGINES):
        sys.stderr.write("The natural voices are not installed: docs/samples stays as it is.\n")
        return 0
    with tempfile.TemporaryDirectory() as name:
        config = Config(data_dir=Path(name), speech={"providers": ["builtin"]})
        asyncio.run(demo(config, Arguments()))
        FOLDER.mkdir(exist_ok=True)
        for path in sorted(Path(name, "demo").glob("*.ogg")):
            shutil.copyfile(path, FOLDER / path.name)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
