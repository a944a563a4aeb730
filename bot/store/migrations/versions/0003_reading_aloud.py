"""Reading aloud: settings of places and people, dictionaries, bound channels, calls under way."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_SWITCHES = (
    "bots", "webhooks", "in_call_only", "read_silent", "skip_emoji", "expand_slang", "laugh", "emphasis", "whisper",
    "actions", "auto_join",
)  # fmt: skip


def upgrade() -> None:
    with op.batch_alter_table("preference") as table:
        table.add_column(sa.Column("nickname", sa.String(length=64), server_default="", nullable=False))
        table.add_column(sa.Column("speed", sa.String(length=8), server_default="", nullable=False))
        table.add_column(sa.Column("spoken_language", sa.String(length=8), server_default="", nullable=False))
        table.add_column(sa.Column("opted_out", sa.Boolean(), server_default="0", nullable=False))
    op.create_table(
        "reading_setting",
        sa.Column("space", sa.String(length=200), nullable=False),
        sa.Column("names", sa.Boolean(), nullable=False),
        sa.Column("name_template", sa.String(length=80), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("skip_prefix", sa.String(length=8), nullable=False),
        sa.Column("max_characters", sa.Integer(), nullable=False),
        *(
            sa.Column(name, sa.JSON(), nullable=False)
            for name in ("required_roles", "priority_roles", "blocked_roles", "ignored")
        ),
        *(sa.Column(name, sa.Boolean(), nullable=False) for name in _SWITCHES),
        sa.Column("alone_seconds", sa.Integer(), nullable=False),
        sa.Column("quiet_from", sa.Integer(), nullable=False),
        sa.Column("quiet_until", sa.Integer(), nullable=False),
        sa.Column("timezone", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("space"),
    )
    op.create_table(
        "dictionary_entry",
        sa.Column("owner", sa.String(length=200), nullable=False),
        sa.Column("written", sa.String(length=128), nullable=False),
        sa.Column("said", sa.String(length=200), nullable=False),
        sa.Column("pattern", sa.Boolean(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("owner", "written"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "binding",
        sa.Column("space", sa.String(length=200), nullable=False),
        sa.Column("channel", sa.String(length=80), nullable=False),
        sa.Column("voice_channel", sa.String(length=80), nullable=False),
        sa.Column("voice", sa.String(length=96), nullable=False),
        sa.Column("style", sa.String(length=200), nullable=False),
        sa.Column("max_characters", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("space", "channel"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "session_marker",
        sa.Column("space", sa.String(length=200), nullable=False),
        sa.Column("voice_channel", sa.String(length=80), nullable=False),
        sa.Column("channels", sa.JSON(), nullable=False),
        sa.Column("seen", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("space"),
    )


def downgrade() -> None:
    op.drop_table("session_marker")
    op.drop_table("binding")
    op.drop_table("dictionary_entry")
    op.drop_table("reading_setting")
    with op.batch_alter_table("preference") as table:
        for name in ("opted_out", "spoken_language", "speed", "nickname"):
            table.drop_column(name)
