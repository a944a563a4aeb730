"""Run by Alembic itself for each command; ``upgrade.py`` hands it the connection."""

from alembic import context

from bot.store.schema import metadata

# The transaction is the caller's and includes reading the current revision, so that two processes that start at once do
# not both upgrade. Batch mode rewrites a table where the engine has no ALTER for a change.
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
