"""The rule settings of a nomination in the order of a порядок (product.md step 1; domain.md §3; scoring.md §1, §5).

A new rule is one `Setting` here. Sentences have no full stop; `{value}` is the value in words. Names of the choices are
those that the rules of scoring know.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from contest.rules.setting_kinds import Chain, Choice, Flag, Hundredths, Kind, Part, Whole


@dataclass(frozen=True)
class Setting:
    """One rule: `sentence` for the порядок; `sentences`, by what the form sends, where a choice reads differently."""

    key: str
    group: str
    title: str
    kind: Kind
    default: Any
    sentence: str = ""
    sentences: Mapping[str, str] = field(default_factory=dict)

    def clause(self, value: Any) -> str:
        """The sentence of the порядок for this value, without a full stop."""
        return self.sentences.get(self.kind.sent(value), self.sentence).format(value=self.kind.words(value))


GROUPS: dict[str, str] = {
    "course": "Допуск и проведение",
    "points": "Оценивание",
    "ranking": "Распределение мест",
    "commission": "Решения и подписи",
    "appeals": "Апелляции",
}

_SIGNERS = {
    "all": "все присутствовавшие члены",
    "chair_secretary": "председатель и секретарь",
    "majority": "большинство присутствовавших членов, включая председателя",
}

_COURSE = (
    Setting(
        "who_admits",
        "course",
        "Кто решает о допуске",
        Choice({"commission": "региональная конкурсная комиссия", "organiser": "организатор"}),
        "commission",
        "Решение о допуске к участию в Конкурсе или об отказе в допуске принимает {value}",
    ),
    Setting(
        "who_grants_time",
        "course",
        "Кто добавляет время и удаляет с задания",
        Choice(
            {
                "expert_chair": "председатель экспертной группы",
                "member_chair": "председатель конкурсной комиссии",
                "organiser": "организатор",
            }
        ),
        "expert_chair",
        "Решение о добавлении времени, о возобновлении выполнения задания и об удалении участника принимает {value}",
    ),
    Setting(
        "recording_required",
        "course",
        "Видеозапись обязательна",
        Flag(),
        True,
        sentences={
            "yes": "Выполнение заданий проводится только при ведении видеозаписи",
            "no": "Выполнение заданий допускается без видеозаписи под наблюдением эксперта на площадке",
        },
    ),
    Setting(
        "min_time_share",
        "course",
        "Наименьшая доля времени для начала",
        Whole(0, 100, "%"),
        50,
        "Участник приступает к заданию, если до окончания осталось не менее {value} времени, отведённого на задание",
    ),
    Setting(
        "grace_seconds",
        "course",
        "Отсрочка на передачу по сети",
        Whole(0, 120, "с"),
        30,
        "Ответы, данные до окончания времени, принимаются сервером ещё {value} после него",
    ),
    Setting(
        "stops",
        "course",
        "Технические остановки",
        Choice({"decision": "решением уполномоченного лица", "always": "во всех случаях"}),
        "decision",
        "Время технической остановки возвращается участнику {value} и отражается в протоколе",
    ),
    Setting(
        "stop_limit_minutes",
        "course",
        "Предел остановок до решения комиссии",
        Whole(0, 600, "мин"),
        20,
        "Если остановки заняли в сумме более {value}, вопрос о повторном выполнении решает комиссия",
    ),
    Setting(
        "rerun",
        "course",
        "Повторное выполнение: какой результат идёт в зачёт",
        Choice(
            {
                "commission": "результат, названный комиссией до повторного выполнения",
                "rerun": "результат повторного выполнения",
                "best": "лучший из двух результатов",
                "none": "повторное выполнение не проводится",
            }
        ),
        "commission",
        "При повторном выполнении задания по решению комиссии в зачёт идёт {value}",
        {"none": "Повторное выполнение задания не проводится"},
    ),
)

_POINTS = (
    Setting(
        "theory_max", "points", "Наибольший балл за теорию", Hundredths(), 4000,
        "Наибольшее число баллов за теоретический этап: {value}",
    ),
    Setting(
        "practice_max", "points", "Наибольший балл за практику", Hundredths(), 6000,
        "Наибольшее число баллов за практический этап: {value}",
    ),
    Setting(
        "theory_threshold",
        "points",
        "Порог теоретического этапа",
        Whole(0, 100, "%"),
        0,
        "К практическому этапу допускается участник, набравший не менее {value} баллов теоретического этапа",
        {"0": "Порог баллов теоретического этапа не устанавливается"},
    ),
    Setting(
        "wrong_answer_penalty",
        "points",
        "Снижение за неверный ответ",
        Hundredths(10_000),
        0,
        "За каждый неверный ответ теоретического этапа вычитается баллов: {value}",
        {"0": "Баллы за неверные ответы теоретического этапа не вычитаются"},
    ),
    Setting(
        "aggregation",
        "points",
        "Сведение оценок экспертов",
        Choice(
            {
                "mean": "среднее арифметическое оценок экспертов",
                "median": "медиана оценок экспертов",
                "trimmed": "среднее без высшей и низшей оценки (при пяти и более экспертах, иначе среднее)",
                "consensus": "общая оценка по согласию экспертов",
            }
        ),
        "mean",
        "Балл за практический этап – {value}; округление выполняется один раз, до сотых",
    ),
    Setting(
        "min_experts", "points", "Наименьшее число экспертов", Whole(1, 100), 1,
        "Число экспертов, оценивающих выполнение задания, – не менее {value}",
    ),
    Setting(
        "missing_expert",
        "points",
        "Если эксперт не сдал лист",
        Choice(
            {
                "block": "протокол не составляется, пока не сданы все назначенные листы",
                "present": "считаются сданные листы, если их не меньше установленного числа",
            }
        ),
        "block",
        "Если эксперт не сдал оценочный лист, {value}",
    ),
    Setting(
        "not_assessed",
        "points",
        "Показатель «не оценивалось»",
        Choice({"others": "среднее остальных экспертов", "zero": "0 баллов"}),
        "others",
        "Если эксперт не оценивал показатель, за него принимается {value}",
    ),
    Setting(
        "spread_judgement",
        "points",
        "Расхождение суждений, ступеней",
        Whole(0, 3),
        1,
        "Суждения экспертов, разошедшиеся более чем на {value} ступ., обсуждаются до подписания",
    ),
    Setting(
        "spread_points",
        "points",
        "Расхождение баллов",
        Whole(0, 100, "%"),
        20,
        "Баллы экспертов, разошедшиеся более чем на {value} наибольшего балла, обсуждаются до подписания",
    ),
)  # fmt: skip

_RANKING = (
    Setting(
        "tie_break",
        "ranking",
        "При равенстве баллов",
        Chain(
            {
                "practice_points": "больше баллов за практику",
                "fewer_safety_penalties": "меньше штрафов по охране труда",
                "theory_points": "больше баллов за теорию",
                "less_time": "меньше времени",
            }
        ),
        ("practice_points", "fewer_safety_penalties", "theory_points", "less_time"),
        "При равенстве баллов место определяется по правилам в порядке: {value}",
        {"": "При равенстве баллов дополнительные правила не применяются"},
    ),
    Setting(
        "unresolved_tie",
        "ranking",
        "Если равенство не разрешено",
        Choice({"commission": "решает комиссия голосованием", "shared": "места делятся"}),
        "commission",
        "Если правила не определили место, {value}",
    ),
    Setting(
        "shared_places",
        "ranking",
        "Счёт мест после общего",
        Choice(
            {"skip": "после общего места следующие места пропускаются", "dense": "места не пропускаются"}
        ),
        "skip",
        "При общем месте нумерация такова: {value}",
    ),
    Setting("prize_places", "ranking", "Число призовых мест", Whole(1, 10), 3, "Число призовых мест: {value}"),
    Setting(
        "single_participant",
        "ranking",
        "Если участник один",
        Choice({"held": "проводится", "not_determined": "не проводится, победитель не определяется"}),
        "held",
        "При единственном допущенном участнике этап в номинации {value}",
    ),
)  # fmt: skip

_COMMISSION = (
    Setting(
        "quorum", "commission", "Кворум", Part(), "2/3",
        "Заседание правомочно, если присутствует {value} состава комиссии",
    ),
    Setting(
        "majority_base",
        "commission",
        "Большинство считается от числа",
        Choice(
            {
                "present": "присутствующих членов комиссии",
                "all": "всех членов комиссии",
                "cast": "членов комиссии, проголосовавших «за» и «против»",
            }
        ),
        "present",
        "Решение принимается простым большинством {value}",
    ),
    Setting(
        "casting_vote",
        "commission",
        "Решающий голос председательствующего",
        Flag(),
        True,
        sentences={
            "yes": "При равенстве голосов голос председательствующего является решающим",
            "no": "При равенстве голосов решение считается не принятым",
        },
    ),
    Setting(
        "ballot",
        "commission",
        "Голосование",
        Choice({"open": "открытое поимённое", "secret": "тайное"}),
        "open",
        "Голосование комиссии {value}, если комиссия не решила иначе",
    ),
    Setting(
        "signing_experts",
        "commission",
        "Кто подписывает протокол экспертной группы",
        Choice(_SIGNERS),
        "all",
        "Протокол экспертной группы подписывают {value}",
    ),
    Setting(
        "signing_commission",
        "commission",
        "Кто подписывает протокол комиссии",
        Choice(_SIGNERS),
        "chair_secretary",
        "Протокол конкурсной комиссии подписывают {value}",
    ),
)  # fmt: skip

_APPEALS = (
    Setting(
        "appeal_days",
        "appeals",
        "Срок подачи апелляции, рабочих дней",
        Whole(0, 30),
        1,
        "Срок подачи апелляции после объявления предварительных итогов, рабочих дней: {value}",
        {"0": "Апелляции не рассматриваются, предварительные итоги являются окончательными"},
    ),
)

SETTINGS: dict[str, Setting] = {
    setting.key: setting for setting in (*_COURSE, *_POINTS, *_RANKING, *_COMMISSION, *_APPEALS)
}
