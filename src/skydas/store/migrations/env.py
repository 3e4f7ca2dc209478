"""How Alembic runs the migrations: on the connection that `skydas.store.engine` hands over."""

from __future__ import annotations

from alembic import context

from skydas.store.models import Base

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata)
with context.begin_transaction():
    context.run_migrations()
