"""What people and moderators set; what was said, for a day; who had which message spoken."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "preference",
        sa.Column("account", sa.String(length=200), nullable=False),
        sa.Column("voice", sa.String(length=96), nullable=False),
        sa.Column("style", sa.String(length=200), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("favourite_voices", sa.JSON(), nullable=False),
        sa.Column("favourite_styles", sa.JSON(), nullable=False),
        sa.Column("recent_voices", sa.JSON(), nullable=False),
        sa.Column("recent_styles", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("account"),
    )
    op.create_table(
        "space_setting",
        sa.Column("space", sa.String(length=200), nullable=False),
        sa.Column("default_voice", sa.String(length=96), nullable=False),
        sa.Column("default_style", sa.String(length=200), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("show_words", sa.Boolean(), nullable=False),
        sa.Column("allowed_roles", sa.JSON(), nullable=False),
        sa.Column("blocked_roles", sa.JSON(), nullable=False),
        sa.Column("channels", sa.JSON(), nullable=False),
        sa.Column("cooldown", sa.Integer(), nullable=False),
        sa.Column("blocked_words", sa.JSON(), nullable=False),
        sa.Column("reply_context", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("space"),
    )
    op.create_table(
        "blocked_account",
        sa.Column("account", sa.String(length=200), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account"),
    )
    op.create_table(
        "words",
        sa.Column("token", sa.String(length=16), nullable=False),
        sa.Column("account", sa.String(length=200), nullable=False),
        sa.Column("space", sa.String(length=200), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("styles", sa.JSON(), nullable=False),
        sa.Column("voice_kind", sa.String(length=16), nullable=False),
        sa.Column("voice", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("instruction", sa.Text(), nullable=False),
        sa.Column("take", sa.BigInteger(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("token"),
    )
    op.create_index("words_account", "words", ["account", "created"], unique=False)
    op.create_index("words_age", "words", ["created"], unique=False)
    op.create_table(
        "spoken",
        sa.Column("platform", sa.String(length=40), nullable=False),
        sa.Column("chat", sa.String(length=80), nullable=False),
        sa.Column("message", sa.String(length=80), nullable=False),
        sa.Column("account", sa.String(length=200), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("platform", "chat", "message"),
        sqlite_with_rowid=False,
    )
    op.create_index("spoken_age", "spoken", ["created"], unique=False)


def downgrade() -> None:
    op.drop_index("spoken_age", table_name="spoken")
    op.drop_table("spoken")
    op.drop_index("words_age", table_name="words")
    op.drop_index("words_account", table_name="words")
    op.drop_table("words")
    op.drop_table("blocked_account")
    op.drop_table("space_setting")
    op.drop_table("preference")
