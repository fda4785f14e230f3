"""The road: every step of the contest in its order, by the name that stands in the report."""

from collections.abc import Callable

from rehearsal.report import Report
from rehearsal.steps import (
    applications,
    commission,
    draw,
    installation,
    marking,
    materials,
    practice,
    protocols,
    publication,
    ready,
    setup,
    summary,
    theory,
    verification,
)
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
    ("банк вопросов", materials.bank),
    ("схема оценки", materials.marking),
    ("теория", theory.theory),
    ("практика", practice.practice),
    ("назначение листов", marking.assign),
    ("оценивание, расхождение, подписи листов", marking.fill),
    ("сводная ведомость", summary.summary),
    ("сертификаты", protocols.certificates),
    ("протокол экспертной группы", protocols.experts),
    ("передача протокола", protocols.hand_over),
    ("заседание комиссии", commission.meet),
    ("протокол комиссии", commission.protocol),
    ("публикация итогов", publication.publish),
    ("документы и сертификат центра", verification.fetch),
    ("страница проверки, изменённый байт", verification.by_page),
    ("pdfsig и pyHanko", verification.by_tools),
    ("журнал цел, внутренних ошибок не было", verification.integrity),
]
