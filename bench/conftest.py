"""The fixtures of the tests: the same database, factories and processes."""

pytest_plugins = ["tests.conftest"]
