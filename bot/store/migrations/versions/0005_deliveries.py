"""What became of each command's sound, and the commands that are to be answered whatever happens to the process.

What was spent before counts as delivered: it has no row.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "delivery",
        sa.Column("command", sa.String(length=200), nullable=False),
        sa.Column("stage", sa.String(length=10), nullable=False),
        sa.Column("clip", sa.String(length=128), nullable=True),
        sa.Column("changed", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("command"),
        sqlite_with_rowid=False,
    )
    op.create_index("delivery_age", "delivery", ["changed"])
    op.create_table(
        "journal",
        sa.Column("command", sa.String(length=200), nullable=False),
        sa.Column("platform", sa.String(length=40), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=True),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("command"),
    )


def downgrade() -> None:
    op.drop_table("journal")
    op.drop_index("delivery_age", "delivery")
    op.drop_table("delivery")
