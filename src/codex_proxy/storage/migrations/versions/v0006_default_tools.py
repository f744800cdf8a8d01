"""Tools that are offered with the requests of a client key.

Rules of this file: it stays as it is; what changes later is a step of its own.  ``sql.tables`` says what the columns
hold.
"""

import sqlalchemy as sa
from alembic.operations import Operations

revision = "0006"
down_revision = "0005"


def upgrade(op: Operations) -> None:
    """Change the table."""
    op.add_column("client_keys", sa.Column("default_tools", sa.Text))
