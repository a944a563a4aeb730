"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "counter",
        sa.Column("scope", sa.String(length=200), nullable=False),
        sa.Column("meter", sa.String(length=10), nullable=False),
        sa.Column("window", sa.String(length=10), nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("characters", sa.BigInteger(), nullable=False),
        sa.Column("requests", sa.BigInteger(), nullable=False),
        sa.Column("granted", sa.BigInteger(), nullable=False),
        sa.Column("folded_characters", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("folded_requests", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("folded_granted", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("scope", "meter", "window", "start"),
        sqlite_with_rowid=False,
    )
    op.create_index("counter_age", "counter", ["window", "start"], unique=False)
    op.create_table(
        "ledger",
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("account", sa.String(length=200), nullable=True),
        sa.Column("space", sa.String(length=200), nullable=True),
        sa.Column("meter", sa.String(length=10), nullable=False),
        sa.Column("day", sa.BigInteger(), nullable=False),
        sa.Column("account_minute", sa.BigInteger(), nullable=True),
        sa.Column("space_minute", sa.BigInteger(), nullable=True),
        sa.Column("asked_characters", sa.BigInteger(), nullable=False),
        sa.Column("asked_requests", sa.BigInteger(), nullable=False),
        sa.Column("characters", sa.BigInteger(), nullable=False),
        sa.Column("requests", sa.BigInteger(), nullable=False),
        sa.Column("granted", sa.BigInteger(), nullable=False),
        sa.Column("owner", sa.String(length=80), nullable=False),
        sa.Column("resumable", sa.Boolean(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("expires", sa.BigInteger(), nullable=False),
        sa.Column("settled", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("key"),
        sqlite_with_rowid=False,
    )
    op.create_index("ledger_day", "ledger", ["day"], unique=False)
    op.create_index(
        "ledger_open",
        "ledger",
        ["expires"],
        unique=False,
        sqlite_where=sa.text("state = 'held'"),
        postgresql_where=sa.text("state = 'held'"),
    )
    op.create_table(
        "provider_call",
        sa.Column("call_id", sa.String(length=200), nullable=False),
        sa.Column("provider", sa.String(length=80), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("day", sa.BigInteger(), nullable=False),
        sa.Column("minute", sa.BigInteger(), nullable=False),
        sa.Column("tokens", sa.BigInteger(), nullable=False),
        sa.Column("prompt_tokens", sa.BigInteger(), nullable=False),
        sa.Column("completion_tokens", sa.BigInteger(), nullable=False),
        sa.Column("estimated", sa.Boolean(), nullable=False),
        sa.Column("started", sa.BigInteger(), nullable=False),
        sa.Column("expires", sa.BigInteger(), nullable=False),
        sa.Column("settled", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("call_id"),
    )
    op.create_index("provider_call_day", "provider_call", ["day"], unique=False)
    op.create_index(
        "provider_call_open",
        "provider_call",
        ["provider", "expires"],
        unique=False,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "provider_counter",
        sa.Column("provider", sa.String(length=80), nullable=False),
        sa.Column("window", sa.String(length=10), nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("calls", sa.BigInteger(), nullable=False),
        sa.Column("tokens", sa.BigInteger(), nullable=False),
        sa.Column("estimated", sa.BigInteger(), nullable=False),
        sa.Column("failed", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("provider", "window", "start"),
    )
    op.create_table(
        "provider_pause",
        sa.Column("provider", sa.String(length=80), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("provider"),
    )
    op.create_table(
        "quota_override",
        sa.Column("scope", sa.String(length=200), nullable=False),
        sa.Column("unlimited", sa.Boolean(), nullable=False),
        sa.Column("characters_per_day", sa.BigInteger(), nullable=True),
        sa.Column("requests_per_minute", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("scope"),
    )


def downgrade() -> None:
    op.drop_table("quota_override")
    op.drop_table("provider_pause")
    op.drop_table("provider_counter")
    op.drop_index(
        "provider_call_open",
        table_name="provider_call",
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.drop_index("provider_call_day", table_name="provider_call")
    op.drop_table("provider_call")
    op.drop_index(
        "ledger_open",
        table_name="ledger",
        sqlite_where=sa.text("state = 'held'"),
        postgresql_where=sa.text("state = 'held'"),
    )
    op.drop_index("ledger_day", table_name="ledger")
    op.drop_table("ledger")
    op.drop_index("counter_age", table_name="counter")
    op.drop_table("counter")
