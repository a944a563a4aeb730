"""Words are shown beside voice messages unless moderators switch that off.

Until now nothing told "never set" from "off": a row got the old default with the first setting of any kind. So all of
them take the new default.
"""

from alembic import op

revision = "0008"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("UPDATE space_setting SET show_words = true WHERE show_words = false")


def downgrade() -> None:
    """Change nothing: what was set before is not known any more."""
