"""Kinds of events in the timetable: the key in code and the words of the letter."""

BRIEFING = "briefing"
IDENTIFICATION = "identification"
THEORY = "theory"
PRACTICE = "practice"

KINDS: dict[str, str] = {
    "draw": "Жеребьёвка",
    BRIEFING: "Инструктаж",
    IDENTIFICATION: "Установление личности",
    THEORY: "Теоретический этап",
    PRACTICE: "Практический этап",
    "scoring": "Оценивание работ",
    "experts_meeting": "Заседание экспертной группы",
    "commission_meeting": "Заседание комиссии",
    "appeals": "Приём апелляций",
    "publication": "Публикация итогов",
    "reserve": "Резервный день",
}
