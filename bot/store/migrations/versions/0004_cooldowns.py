"""Cooldowns of accounts and roles: the host's among the overrides, the moderators' among the settings of a space."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("quota_override") as table:
        table.add_column(sa.Column("cooldown", sa.Integer(), nullable=True))
    with op.batch_alter_table("space_setting") as table:
        table.add_column(sa.Column("role_cooldowns", sa.JSON(), server_default="{}", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("space_setting") as table:
        table.drop_column("role_cooldowns")
    with op.batch_alter_table("quota_override") as table:
        table.drop_column("cooldown")
