"""The schema made by the migrations is the schema of the models, on both databases, to the letter."""

import re

import pytest
from alembic import command
from sqlalchemy import Connection, text

from core import db as database
from core.schema import MIGRATIONS, alembic_config

REVISIONS = sorted((MIGRATIONS / "versions").glob("*.py"))
POSTGRES = (
    "SELECT 'column ' || table_name || '.' || column_name || ' ' || udt_name || coalesce('(' || "
    "character_maximum_length || ')', '') || ' null ' || is_nullable || ' default ' || coalesce(column_default, '') "
    "FROM information_schema.columns WHERE table_schema = 'public'",
    "SELECT 'constraint ' || conrelid::regclass || '.' || conname || ' ' || pg_get_constraintdef(oid) FROM "
    "pg_constraint WHERE connamespace = 'public'::regnamespace",
    "SELECT 'index ' || indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "SELECT 'trigger ' || pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
    "SELECT 'function ' || proname || ' ' || prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
)


def schema() -> list[str]:
    """Every table, column, constraint, index and trigger as a line of text."""
    with database.engine().connect() as connection:
        lines = _sqlite(connection) if database.is_sqlite() else [
            line for query in POSTGRES for line in connection.scalars(text(query))]
    return sorted(line for line in lines if "alembic_version" not in line)


def _sqlite(connection: Connection) -> list[str]:
    found = connection.execute(text("SELECT type, tbl_name, name, sql FROM sqlite_master WHERE sql IS NOT NULL")).all()
    return [f"{kind} {table}: {line}" for kind, table, name, sql in found for line in _lines(kind, sql)]


def _lines(kind: str, sql: str) -> list[str]:
    """A CREATE TABLE line by line, because the order of constraints is no difference."""
    if kind != "table":
        return [" ".join(sql.split())]
    body = sql.split("(", 1)[1].strip().removesuffix(")")
    return [" ".join(part.replace('"', "").split()) for part in re.split(r",\s*\n", body)]


@pytest.fixture
def empty(request, database_kind, app, tmp_path):
    """An empty database the process is bound to."""
    url = f"sqlite:///{tmp_path / 'empty.db'}" if database_kind == "sqlite" else request.getfixturevalue(
        "postgres_url").replace("postgresql:", "postgresql+psycopg:")
    database.connect(url)
    yield url
    database.dispose()


@pytest.mark.both_databases
@pytest.mark.skipif(not REVISIONS, reason="there is no revision yet")
def test_upgrade_makes_the_schema_of_the_models(empty):
    command.upgrade(alembic_config(), "head")
    upgraded = schema()
    database.Base.metadata.drop_all(database.engine())
    database.Base.metadata.create_all(database.engine())
    assert upgraded == schema()
    assert any("trigger" in line and "journal" in line for line in upgraded)


@pytest.mark.both_databases
@pytest.mark.skipif(not REVISIONS, reason="there is no revision yet")
def test_upgrading_twice_changes_nothing(empty):
    command.upgrade(alembic_config(), "head")
    once = schema()
    command.upgrade(alembic_config(), "head")
    assert schema() == once


@pytest.mark.both_databases
def test_the_comparison_sees_a_lost_trigger_and_a_changed_column(db, database_kind):
    whole = schema()
    statements = {"sqlite": ["DROP TRIGGER journal_no_update", "ALTER TABLE account RENAME COLUMN name TO title"],
                  "postgresql": ["DROP TRIGGER journal_no_change ON journal",
                                 "ALTER TABLE account ALTER COLUMN name TYPE varchar(100)"]}
    for statement in statements[database_kind]:
        before = schema()
        with database.engine().begin() as connection:
            connection.execute(text(statement))
        assert schema() != before
    assert schema() != whole
