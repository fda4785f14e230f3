"""Whether the results of a nomination may still change below: asked by the exam before it changes points of theory."""
from contest.models import Nomination
from core.db import session
from scoring import awards, publication
from scoring.rules.states import PROTOCOL_LABELS, Protocol

CHANGEABLE = frozenset({Protocol.DRAFT, Protocol.ON_APPROVAL, Protocol.FAILED, Protocol.RETURNED, Protocol.SUPERSEDED})


def why(nomination_id: int) -> str:
    """Why points no longer change, in words; empty while they may: a changed draft is stale and is drafted anew."""
    if publication.FINAL in publication.of(nomination_id):
        return "Окончательные итоги уже опубликованы, баллы больше не меняются."
    expert = awards.expert_protocol(session.get_one(Nomination, nomination_id))
    if expert is None or expert.state in CHANGEABLE:
        return ""
    return (f"Протокол экспертной группы № {expert.number} уже составлен, он «{PROTOCOL_LABELS[expert.state]}». Чтобы "
            "изменить баллы, комиссия сначала возвращает его экспертам.")
