"""What this package contributes to the application."""
from flask import Flask

from core import admin, attempts, backup_cli, cli, context, duties, installation, logs, realtime, routes
from core.registry import NavItem, Registry

ROLE_WORDS = {"admin": "администратор", "auditor": "аудитор"}


def register(app: Flask, registry: Registry) -> None:
    """Blueprints, commands and registry entries of this package."""
    logs.init()
    registry.role_words.update(ROLE_WORDS)
    registry.installation_roles.extend(ROLE_WORDS)
    registry.action_words.update(routes.ACTION_WORDS | installation.ACTION_WORDS)
    registry.steps.append(installation.next_steps)
    registry.nav.append(NavItem("Учётные записи", "core.accounts", frozenset({"admin"}), weight=80))
    registry.nav.append(NavItem("Журнал", "core.journal_page", frozenset({"admin", "auditor"}), weight=81))
    registry.nav.append(NavItem("Сохранность данных", "core.installation", frozenset({"admin"}), weight=82))
    attempts.init(app.config["core"])
    context.init(app)
    app.register_blueprint(admin.bp)
    for group in (cli.db_group, cli.admin_group, cli.journal_group, backup_cli.backup_group):
        app.cli.add_command(group)
    duties.register_duties(registry)
    realtime.init(app)
