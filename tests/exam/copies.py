"""A copy of the whole database, taken while the service runs and put back later: counters, journal and logins too."""

import sqlite3
from typing import Any

import psycopg
from psycopg import sql


class SqliteCopy:
    """By SQLite's own backup."""

    def __init__(self, url: str) -> None:
        self.path = url.removeprefix("sqlite:///")
        self.kept = sqlite3.connect(":memory:", isolation_level=None)
        self._copy(self.path, self.kept)

    def _copy(self, source: Any, target: Any) -> None:
        opened = sqlite3.connect(self.path, isolation_level=None)
        pair = (opened, target) if source == self.path else (source, opened)
        pair[0].backup(pair[1])
        opened.close()

    def put_back(self) -> None:
        self._copy(self.kept, self.path)


class PostgresCopy:
    """Every table under another name, and where every counter stood."""

    def __init__(self, url: str) -> None:
        self.url = url.replace("+psycopg", "")
        with psycopg.connect(self.url, autocommit=True) as link:
            self.tables = [name for name, in link.execute(
                "SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()]
            self.counters = link.execute(
                "SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public'").fetchall()
            link.execute("DROP SCHEMA IF EXISTS kept CASCADE; CREATE SCHEMA kept")
            for name in self.tables:
                link.execute(sql.SQL("CREATE TABLE kept.{0} AS SELECT * FROM public.{0}").format(sql.Identifier(name)))

    def put_back(self) -> None:
        with psycopg.connect(self.url) as link:
            link.execute("SET LOCAL session_replication_role = replica")
            for name in self.tables:
                link.execute(sql.SQL("DELETE FROM public.{}").format(sql.Identifier(name)))
                link.execute(sql.SQL("INSERT INTO public.{0} SELECT * FROM kept.{0}").format(sql.Identifier(name)))
            for name, last in self.counters:
                link.execute("SELECT setval(%s::regclass, %s, %s)", (f"public.{name}", last or 1, last is not None))
            link.execute("DROP SCHEMA kept CASCADE")


def take(url: str) -> SqliteCopy | PostgresCopy:
    """A copy of the database behind a URL as it is now."""
    return SqliteCopy(url) if url.startswith("sqlite") else PostgresCopy(url)
