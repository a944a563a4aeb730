"""Upgrades a database to the newest revision. Called by ``bot.store.database`` when a file is older than the code."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from bot.errors import StoreError


def settings(connection: Connection | None = None) -> Config:
    """Return Alembic's configuration; it needs no alembic.ini."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def upgrade(connection: Connection, path: str) -> None:
    """Run the missing revisions in one transaction, so a kill half-way changes nothing.

    Raises StoreError ``store.newer`` if the file names a revision this code does not have.
    """
    config = settings(connection)
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    with connection.begin():
        heads = MigrationContext.configure(connection).get_current_heads()
        if not known.issuperset(heads):
            raise StoreError("store.newer", path=path)
        command.upgrade(config, "head")
