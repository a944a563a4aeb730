"""Add a setting to each model, by its field and its sentences alone, and say as JSON where it is found.

Run by ``test_setting.py`` in a process of its own: commands and keyboards are made when their modules are loaded.
"""

import asyncio
import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot import texts
from bot.model import Account, Space
from bot.store import settings as models
from bot.store.database import Database
from bot.store.schema import preference
from bot.store.setting_fields import Seconds, Switch, Texts, setting

for sentences in texts.LANGUAGES.values():
    sentences.update({"siren.name": "siren", "siren.about": "A siren: {value}", "siren.button": "Siren"})
_SIREN = Texts("siren.name", "siren.about", "siren.button")


@dataclass(frozen=True, slots=True)
class _Space(models.SpaceSettings):
    siren: bool = setting(True, Switch(), "siren", group="server", both=_SIREN)


@dataclass(frozen=True, slots=True)
class _Reading(models.ReadingSettings):
    siren: int = setting(5, Seconds(1, 60, "space.cooldown"), "siren", both=_SIREN)


@dataclass(frozen=True, slots=True)
class _Person(models.Preference):
    siren: bool = setting(False, Switch(), "siren", group="mine", both=_SIREN)


async def _stored(folder: Path) -> list[object]:
    """Store each and read it back."""
    space, person = Space("discord", "1"), Account("discord", "1")
    async with Database.open(folder) as database:
        await models.Spaces(database).set(space, siren=False)
        await models.Readings(database).set(space, siren=7)
        await models.Preferences(database).set(person, siren=True)
        held = (
            await models.Spaces(database).get(space),
            await models.Readings(database).get(space),
            await models.Preferences(database).get(person),
        )
        return [getattr(each, "siren", None) for each in held]


def main() -> None:
    """Patch the models before the platforms are loaded, and look."""
    models.SpaceSettings, models.ReadingSettings, models.Preference = _Space, _Reading, _Person  # type: ignore[misc]
    models._ROWS = models.Rows(preference, _Person)

    from bot.platforms.reading import settings as reading  # noqa: PLC0415 - see above
    from bot.platforms.telegram import settings as telegram  # noqa: PLC0415
    from cogs import reading_settings, server, settings  # noqa: PLC0415

    shared: Any = server.Server.settings
    own: Any = settings.Settings.mine
    found = {
        "discord": [
            [each.name for each in shared.parameters],
            [each.name for each in own.parameters],
            [each.value for each in reading_settings._KEYS],
        ],
        "typed": reading.place_change("siren", "9 s"),
        "read": reading.place_lines(_Reading(), "en"),
        "telegram": [telegram._key("siren", telegram._KEYS, "en"), *telegram._OWN],
        "button": bool(re.fullmatch(telegram.GROUP_FORM, "g:siren:off")),
        "line": telegram._lines(Space("telegram", "-1"), _Space(), "en")["siren"],
        "stored": asyncio.run(_stored(Path(sys.argv[1]))),
    }
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
