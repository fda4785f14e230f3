"""The road: every step of the contest in its order, by the name that stands in the report."""

from collections.abc import Callable

from rehearsal.report import Report
from rehearsal.steps import applications, draw, installation, ready, setup
from rehearsal.world import World

Step = Callable[[World, Report], None]

ROAD: list[tuple[str, Step]] = [
    ("запуск процессов", installation.start),
    ("установка и первый вход", installation.enter),
    ("конкурс, номинации, правила", setup.contest),
    ("составы, люди, приглашения", setup.people),
    ("объявление", setup.announce),
    ("заявки", applications.apply),
    ("допуск", applications.admit),
    ("жеребьёвка", draw.draw),
    ("инструктаж", ready.briefing),
    ("установление личности", ready.identity),
]
