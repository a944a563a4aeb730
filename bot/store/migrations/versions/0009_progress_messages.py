"""Messages that show how far a command is: a bot that was killed removes those it left behind."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "progress_message",
        sa.Column("platform", sa.String(length=40), nullable=False),
        sa.Column("chat", sa.String(length=80), nullable=False),
        sa.Column("message", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("platform", "chat", "message"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("progress_message")
