"""Settings by key: a row for each that somebody set, in the place of a row for all of a space or person.

What was as the defaults of that time cannot be told from what nobody set: it has no row.
"""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_PREFERENCE: Mapping[str, Any] = {
    "voice": "", "style": "", "language": "", "favourite_voices": [], "favourite_styles": [], "recent_voices": [],
    "recent_styles": [], "nickname": "", "speed": "", "spoken_language": "", "opted_out": False,
}  # fmt: skip
_SPACE: Mapping[str, Any] = {
    "default_voice": "", "default_style": "", "language": "", "show_words": True, "allowed_roles": [],
    "blocked_roles": [], "channels": [], "cooldown": 0, "blocked_words": [], "reply_context": False,
    "role_cooldowns": {},
}  # fmt: skip
_READING: Mapping[str, Any] = {
    "names": True, "name_template": "", "language": "", "skip_prefix": "", "max_characters": 300, "required_roles": [],
    "priority_roles": [], "blocked_roles": [], "ignored": [], "bots": False, "webhooks": False, "in_call_only": True,
    "read_silent": False, "skip_emoji": False, "expand_slang": True, "laugh": True, "emphasis": True, "whisper": True,
    "actions": True, "auto_join": True, "alone_seconds": 120, "quiet_from": 0, "quiet_until": 0, "timezone": "UTC",
}  # fmt: skip
"""The defaults of revision 0009."""
_SIZES = {
    "voice": 96, "style": 200, "language": 8, "nickname": 64, "speed": 8, "spoken_language": 8, "default_voice": 96,
    "default_style": 200, "name_template": 80, "skip_prefix": 8, "timezone": 64,
}  # fmt: skip
_TABLES = (
    ("preference", "account", _PREFERENCE),
    ("space_setting", "space", _SPACE),
    ("reading_setting", "space", _READING),
)


def _type(name: str, default: Any) -> sa.types.TypeEngine[Any]:
    if isinstance(default, bool):
        return sa.Boolean()
    if isinstance(default, int):
        return sa.Integer()
    return sa.String(length=_SIZES[name]) if isinstance(default, str) else sa.JSON()


def _wide(table: str, owner: str, defaults: Mapping[str, Any]) -> sa.TableClause:
    columns = [sa.column(name, _type(name, default)) for name, default in defaults.items()]
    return sa.table(table, sa.column(owner, sa.String(length=200)), *columns)


def _narrow(table: str, owner: str) -> sa.TableClause:
    return sa.table(
        table,
        sa.column(owner, sa.String(length=200)),
        sa.column("name", sa.String(length=40)),
        sa.column("value", sa.JSON()),
    )


def upgrade() -> None:
    for table, owner, defaults in _TABLES:
        op.rename_table(table, f"{table}_0009")
        op.create_table(
            table,
            sa.Column(owner, sa.String(length=200), nullable=False),
            sa.Column("name", sa.String(length=40), nullable=False),
            sa.Column("value", sa.JSON(), nullable=False),
            sa.PrimaryKeyConstraint(owner, "name"),
            sqlite_with_rowid=False,
        )
        rows = [
            {owner: row[owner], "name": name, "value": row[name]}
            for row in op.get_bind().execute(sa.select(_wide(f"{table}_0009", owner, defaults))).mappings()
            for name, default in defaults.items()
            if row[name] != default
        ]
        op.bulk_insert(_narrow(table, owner), rows)
        op.drop_table(f"{table}_0009")


def downgrade() -> None:
    for table, owner, defaults in _TABLES:
        op.rename_table(table, f"{table}_0010")
        op.create_table(
            table,
            sa.Column(owner, sa.String(length=200), nullable=False),
            *(sa.Column(name, _type(name, default), nullable=False) for name, default in defaults.items()),
            sa.PrimaryKeyConstraint(owner),
        )
        held: dict[str, dict[str, Any]] = {}
        for row in op.get_bind().execute(sa.select(_narrow(f"{table}_0010", owner))).mappings():
            values = held.setdefault(row[owner], {owner: row[owner], **defaults})
            values.update({row["name"]: row["value"]} if row["name"] in defaults else {})
        op.bulk_insert(_wide(table, owner, defaults), list(held.values()))
        op.drop_table(f"{table}_0010")
