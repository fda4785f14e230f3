"""The revisions of the schema: where they are, and whether the database has them all.

Alembic is imported where it is used: a fifth of a second that no web process has to wait for.
"""
from pathlib import Path
from typing import TYPE_CHECKING

from core import db

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).resolve().parents[1] / "migrations"


def alembic_config() -> "Config":
    """Alembic without an .ini file: where the revisions are; the database is the application's."""
    from alembic.config import Config
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    return config


def missing_revisions() -> bool:
    """Whether the database lacks revisions this program needs."""
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory
    with db.engine().connect() as connection:
        here = MigrationContext.configure(connection).get_current_revision()
    return here != ScriptDirectory.from_config(alembic_config()).get_current_head()


def upgrade() -> None:
    """Bring the database to the last revision."""
    from alembic import command
    command.upgrade(alembic_config(), "head")


def revise(message: str, number: str | None) -> None:
    """Begin a revision from the difference of models and database."""
    from alembic import command
    command.revision(alembic_config(), message, autogenerate=True, rev_id=number)


def revisions() -> set[str]:
    """Every revision this program knows."""
    from alembic.script import ScriptDirectory
    return {each.revision for each in ScriptDirectory.from_config(alembic_config()).walk_revisions()}
