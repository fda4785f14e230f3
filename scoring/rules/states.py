"""States of sheets and protocols: for each the allowed steps (for core.states.move) and its Russian name."""

from collections.abc import Mapping
from enum import StrEnum

Table = Mapping[str, frozenset[str]]


class Sheet(StrEnum):
    """One expert × participant × module. A reopened sheet is a new version; the old one is annulled and kept."""

    ASSIGNED = "assigned"
    IN_PROGRESS = "in_progress"
    SUBMITTED = "submitted"
    ALERT = "alert"
    RECONCILING = "reconciling"
    SIGNED = "signed"
    INCLUDED = "included"
    RECUSED = "recused"
    UNFINISHED = "unfinished"
    REOPENED = "reopened"
    ANNULLED = "annulled"


class Protocol(StrEnum):
    """A protocol of the expert group or of the commission; each has its own end of the road."""

    DRAFT = "draft"
    ON_APPROVAL = "on_approval"
    FROZEN = "frozen"
    SIGNING = "signing"
    SIGNED = "signed"
    SIGNED_WITH_DISSENT = "signed_with_dissent"
    FAILED = "failed"
    HANDED_OVER = "handed_over"
    RETURNED = "returned"
    ACCEPTED = "accepted"
    PUBLISHED = "published"
    SUPERSEDED = "superseded"


def _table(steps: Mapping[StrEnum, tuple[StrEnum, ...]]) -> Table:
    return {state.value: frozenset(target.value for target in targets) for state, targets in steps.items()}


_LEAVING = (Sheet.RECUSED, Sheet.UNFINISHED)

SHEET_STEPS: Table = _table(
    {
        Sheet.ASSIGNED: (Sheet.IN_PROGRESS, *_LEAVING),
        Sheet.REOPENED: (Sheet.IN_PROGRESS, *_LEAVING),
        Sheet.IN_PROGRESS: (Sheet.SUBMITTED, *_LEAVING),
        Sheet.SUBMITTED: (Sheet.ALERT, Sheet.SIGNED, *_LEAVING),
        Sheet.ALERT: (Sheet.RECONCILING, *_LEAVING),
        Sheet.RECONCILING: (Sheet.SUBMITTED, *_LEAVING),
        Sheet.SIGNED: (Sheet.INCLUDED, Sheet.ANNULLED),
        Sheet.INCLUDED: (Sheet.ANNULLED,),
        Sheet.RECUSED: (),
        Sheet.UNFINISHED: (),
        Sheet.ANNULLED: (),
    }
)

SHEET_LABELS: Mapping[str, str] = {
    Sheet.ASSIGNED: "назначен",
    Sheet.IN_PROGRESS: "заполняется",
    Sheet.SUBMITTED: "сдан",
    Sheet.ALERT: "расхождение",
    Sheet.RECONCILING: "согласуется",
    Sheet.SIGNED: "подписан",
    Sheet.INCLUDED: "учтён в ведомости",
    Sheet.RECUSED: "самоотвод",
    Sheet.UNFINISHED: "не завершён",
    Sheet.REOPENED: "открыт заново",
    Sheet.ANNULLED: "аннулирован",
}

COUNTED_SHEETS = frozenset({Sheet.SIGNED.value, Sheet.INCLUDED.value})
OUT_OF_COUNT_SHEETS = frozenset({Sheet.RECUSED.value, Sheet.UNFINISHED.value, Sheet.ANNULLED.value})

_ROAD: dict[StrEnum, tuple[StrEnum, ...]] = {
    Protocol.DRAFT: (Protocol.ON_APPROVAL,),
    Protocol.ON_APPROVAL: (Protocol.DRAFT, Protocol.FROZEN),
    Protocol.FROZEN: (Protocol.SIGNING,),
    Protocol.SIGNING: (Protocol.SIGNED, Protocol.SIGNED_WITH_DISSENT, Protocol.FAILED),
    Protocol.FAILED: (Protocol.SUPERSEDED,),
    Protocol.SUPERSEDED: (),
}

EXPERT_PROTOCOL_STEPS: Table = _table(
    _ROAD
    | {
        Protocol.SIGNED: (Protocol.HANDED_OVER,),
        Protocol.SIGNED_WITH_DISSENT: (Protocol.HANDED_OVER,),
        Protocol.HANDED_OVER: (Protocol.RETURNED, Protocol.ACCEPTED),
        Protocol.RETURNED: (Protocol.SUPERSEDED,),
        Protocol.ACCEPTED: (Protocol.RETURNED, Protocol.SUPERSEDED),
    }
)

COMMISSION_PROTOCOL_STEPS: Table = _table(
    _ROAD
    | {
        Protocol.SIGNED: (Protocol.PUBLISHED,),
        Protocol.SIGNED_WITH_DISSENT: (Protocol.PUBLISHED,),
        Protocol.PUBLISHED: (Protocol.SUPERSEDED,),
    }
)

PROTOCOL_LABELS: Mapping[str, str] = {
    Protocol.DRAFT: "проект",
    Protocol.ON_APPROVAL: "на согласовании",
    Protocol.FROZEN: "текст зафиксирован",
    Protocol.SIGNING: "подписывается",
    Protocol.SIGNED: "подписан",
    Protocol.SIGNED_WITH_DISSENT: "подписан с особым мнением",
    Protocol.FAILED: "не подписан",
    Protocol.HANDED_OVER: "передан в комиссию",
    Protocol.RETURNED: "возвращён комиссией",
    Protocol.ACCEPTED: "принят комиссией",
    Protocol.PUBLISHED: "опубликован",
    Protocol.SUPERSEDED: "заменён",
}

MEETING_STEPS: Table = {
    "planned": frozenset({"registration"}),
    "registration": frozenset({"in_session", "not_held"}),
    "in_session": frozenset({"suspended", "closed"}),
    "suspended": frozenset({"in_session", "closed"}),
    "not_held": frozenset(),
    "closed": frozenset(),
}
MEETING_LABELS: Mapping[str, str] = {
    "planned": "назначено",
    "registration": "идёт регистрация",
    "in_session": "идёт",
    "suspended": "приостановлено: нет кворума",
    "not_held": "не состоялось",
    "closed": "закрыто",
}

ITEM_STEPS: Table = {
    "draft": frozenset({"open", "withdrawn"}),
    "open": frozenset({"closed", "withdrawn"}),
    "closed": frozenset(),
    "withdrawn": frozenset(),
}
ITEM_LABELS: Mapping[str, str] = {
    "draft": "впереди",
    "open": "идёт голосование",
    "closed": "решено",
    "withdrawn": "снят с повестки",
}

PRESENCE_STEPS: Table = {
    "expected": frozenset({"declared", "present", "absent"}),
    "declared": frozenset({"declared", "present", "absent", "left"}),
    "present": frozenset({"left"}),
    "absent": frozenset({"declared", "present", "absent"}),
    "left": frozenset({"declared", "present", "left"}),
}
PRESENCE_LABELS: Mapping[str, str] = {
    "expected": "не зарегистрирован",
    "declared": "ждёт подтверждения",
    "present": "присутствует",
    "absent": "отсутствует",
    "left": "вышел",
}
