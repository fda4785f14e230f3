"""Runs the revisions on the application's database. SQLite: no foreign keys while tables are rebuilt, checked after."""
from typing import Any

from alembic import context
from sqlalchemy import Connection, inspect, text

from core import db


def migrate() -> None:
    engine = db.engine()
    with engine.connect() as connection:
        sqlite = connection.dialect.name == "sqlite"
        if sqlite:
            connection.connection.driver_connection.execute("PRAGMA foreign_keys=OFF")
        context.configure(connection=connection, target_metadata=db.Base.metadata, render_as_batch=sqlite,
                          render_item=render_item, transactional_ddl=True, compare_type=True)
        with context.begin_transaction():
            context.run_migrations()
            if not context.get_context().opts["as_sql"]:
                make_triggers(connection)
            if sqlite:
                check_foreign_keys(connection)
    engine.dispose()


def make_triggers(connection: Connection) -> None:
    """Every trigger again, from the one list beside the models: a rebuilt table has lost its own."""
    kept = set(inspect(connection).get_table_names())
    drop_triggers(connection)
    for table in db.Base.metadata.sorted_tables:
        if table.name in kept:
            table.dispatch.after_create(table, connection, checkfirst=False)


def drop_triggers(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        for name in connection.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
            connection.execute(text(f'DROP TRIGGER "{name}"'))
        return
    for name, table in connection.execute(text(
            "SELECT tgname, tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal")).all():
        connection.execute(text(f'DROP TRIGGER "{name}" ON {table}'))


def check_foreign_keys(connection: Connection) -> None:
    broken = connection.execute(text("PRAGMA foreign_key_check")).all()
    if broken:
        raise RuntimeError(f"the migration would leave rows that point nowhere: {broken[:5]}")


def render_item(kind: str, item: Any, _autogen: Any) -> Any:
    """Revisions name no type of the service: they must still run when the code has changed."""
    if kind == "type" and isinstance(item, db.UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return False


migrate()
