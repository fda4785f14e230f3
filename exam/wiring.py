"""What this package contributes to the application."""
from flask import Flask

from contest.rules import timetable
from contest.rules.roles import PARTICIPANT
from core import clock, realtime
from core.registry import Duty, Growth, NavItem, Registry
from exam import attempts, bank_pages, cli, contacts, receipt_cli, steps, steps_time, task_versions, time_pages
from exam.documents import task_accesses
from exam.models import Save
from exam.routes import attempts as attempt_routes
from exam.routes import bank, deliveries, sittings, task_setup, tasks, times

SWEEP_SECONDS = 2
SILENCE_SECONDS = 10
ACTION_WORDS = {
    "attempt.answers_restored": "подтверждённые ответы возвращены со страницы участника",
    "attempt.marked_again": "теория оценена заново: учтён ответ, полученный вовремя",
    "bank.imported": "загружен банк вопросов", "bank.viewed": "просмотрены вопросы с ключами",
    "sitting.set": "настроена теория", "attempt.started": "начато выполнение теории",
    "attempt.other_device": "страница теории открыта на другом компьютере",
    "attempt.recovered": "выполнение теории восстановлено по пропуску страницы",
    "attempt.joined": "ответы прежней страницы присоединены к начатому выполнению теории",
    "attempt.finished": "завершено выполнение теории", "task.added": "добавлено практическое задание",
    "task.moved": "изменён час выдачи задания", "task.first_access": "первый доступ к заданию",
    "task.withdrawn": "задание отозвано у всех участников",
    "task.package_delivered": "закрытый пакет с заданием доставлен",
    "task.file_unstamped": "файл задания выдан без отметки о получателе",
    "attempt.time_proposed": "предложено добавить время", "attempt.time_granted": "добавлено время на теорию",
    "attempt.time_refused": "отказано в добавлении времени", "attempt.reopened": "возобновлено выполнение теории",
    "late.admitted": "допущен ответ, поступивший после окончания времени",
    "task.viewed_by_staff": "задание просмотрено", "result.received": "принят файл результата",
}


def register(app: Flask, registry: Registry) -> None:
    """Blueprints, commands and registry entries of this package."""
    for module in (bank, sittings, attempt_routes, deliveries, times, tasks, task_setup):
        app.register_blueprint(module.blueprint)
    app.cli.add_command(cli.bank)
    app.cli.add_command(receipt_cli.exam)
    app.jinja_env.filters.update(as_points=bank_pages.points_words, zone_label=timetable.zone_label)
    registry.steps.append(steps.next_steps)
    registry.steps.append(steps_time.next_steps)
    registry.nav.append(NavItem("Этот компьютер", "deliveries.device", frozenset({PARTICIPANT}), weight=65))
    registry.duties.append(Duty("attempts.close_overdue", SWEEP_SECONDS, lambda: attempts.close_overdue(clock.now())))
    registry.duties.append(Duty("boards.tell_silence", SILENCE_SECONDS, lambda: contacts.tell_changes(clock.now())))
    registry.growing.append(Growth("save", Save.id, Save.hash, "сохранённых ответов"))
    registry.action_words.update(ACTION_WORDS)
    realtime.room_guards["sitting"] = sittings.may_watch
    realtime.room_guards["attempt"] = time_pages.may_hear
    realtime.room_guards["task"] = task_versions.may_watch
    registry.forms[task_accesses.FORM.key] = task_accesses.FORM
