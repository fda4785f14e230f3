"""Texts of the three consents to start from (152-ФЗ, domain.md §7.2); the organiser's lawyer has the last word."""
from contest.models import Contest

_PROCESSING = (
    "на обработку моих персональных данных, указанных в заявке и приложениях к ней, с целью проведения конкурса "
    "«{title}»: сбор, запись, хранение, уточнение, использование, передачу членам комиссии и экспертной группы, "
    "уничтожение, с использованием средств автоматизации.")
_VIDEO = (
    "на фото- и видеосъёмку выполнения мной заданий, запись экрана и звука и на сличение человеком моего лица с "
    "документом, удостоверяющим личность, с целью подтверждения самостоятельного выполнения заданий и оценивания. "
    "Автоматическое распознавание лица не применяется.")
_PUBLICATION = (
    "на распространение моих фамилии, имени, отчества, места работы и результата на странице конкурса с целью "
    "объявления итогов. Без этого согласия публикуются только код и место.")


def sample_consents(contest: Contest) -> dict[str, str]:
    """A first version of each text with the operator and the term filled in."""
    inn = f", ИНН {contest.operator_inn}" if contest.operator_inn else ""
    operator = f"{contest.operator_name}, {contest.operator_address or 'адрес не указан'}{inn}"
    tail = (f"Согласие действует до окончания хранения документов этапа {contest.year} года. Отозвать его можно "
            "письменным обращением к оператору; отзыв не затрагивает уже подписанные протоколы.")
    texts = {"processing": _PROCESSING, "video": _VIDEO, "publication": _PUBLICATION}
    return {kind: f"Я даю согласие оператору ({operator}) {text.format(title=contest.title)} {tail}"
            for kind, text in texts.items()}
