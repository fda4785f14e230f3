"""An attempt while a group of saves is decided: its row, and what the group adds to it (exam.md §1, rules 4 to 6)."""
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from core.errors import Refused
from exam import attempts, holds, receipts, save_rows
from exam.incoming import Ack, Incoming, Proven
from exam.questions.base import Answer
from exam.questions.registry import KINDS
from exam.rules import facts, plain, timing
from exam.rules.offline import OFFLINE_AFTER

CONFLICT = ("seq_conflict", "Этот же вопрос изменён в другом окне. Обновите страницу: показан последний сохранённый "
                            "ответ.")
UNKNOWN_QUESTION = ("unknown_question", "Такого вопроса в вашем задании нет. Обновите страницу.")


class Working:
    """One attempt of a group. Its items come in order and see what those before them have left."""

    def __init__(self, row: Any, rules: facts.Sitting, known: facts.AttemptFacts) -> None:
        self.row, self.rules, self.facts = row, rules, known
        self.ends = plain.fixed_deadline(self.rules, known)
        self.number: int = row.save_count
        self.head: str = row.head_hash
        self.acked: datetime | None = row.last_ack_at
        self.saves: list[dict[str, Any]] = []
        self.late: list[dict[str, Any]] = []
        self.restored = 0
        self.contacts: list[list[datetime]] = []
        self.heard: datetime | None = row.heard_at
        self._clients: dict[str, Mapping[str, Any]] = {}
        self._turns: dict[tuple[int, int], Mapping[str, Any]] = {}

    def remember(self, save: Mapping[str, Any]) -> None:
        """A save that stands: an item with its client id, or its question and seq, is that save again."""
        self._clients[save["client_id"]] = save
        self._turns[save["question_id"], save["seq"]] = save

    def hear(self, now: datetime) -> None:
        """A sign of life: the last stretch of contact goes on, or after a longer silence a new one begins."""
        if self.facts.finished is not None:
            return
        last = self.contacts[-1][1] if self.contacts else self.heard
        if last is None or now - last > OFFLINE_AFTER:
            self.contacts.append([now, now])
        elif self.contacts:
            self.contacts[-1][1] = max(last, now)
        else:
            self.heard = max(last, now)

    def take(self, item: Incoming, key: bytes) -> Ack:
        """The receipt of one save, the same again for the same save. Refused otherwise, in words."""
        sent, line = item.sent, item.line
        question = save_rows.question(self.row, line)
        if question is None:
            raise Refused(*UNKNOWN_QUESTION, status=422)
        answer = KINDS[question.kind].parse_answer(question.body, sent.value)
        value = _stored(answer)
        standing = self._clients.get(sent.client_id) or self._turns.get((line, item.seq))
        if standing is not None and (standing["client_id"] == sent.client_id or _same(standing["value"], answer)):
            return self._receipt(standing, key)
        proven = item.proven if item.proven is not None and _genuine(item, item.proven, value, key) else None
        late = self._judged(item, proven, line, value)
        if standing is not None:
            raise self._apart(Refused(*CONFLICT), item, line, value, "conflict")
        return self._append(item, proven, line, value, late=late, key=key)

    def _judged(self, item: Incoming, proven: Proven | None, line: int, value: str) -> bool:
        """Whether it counts out of the grace; Refused when it does not count."""
        if proven is not None:
            if item.now <= self.rules.hard_end and not (self.facts.finished and holds.why(self.row.nomination_id)):
                return proven.late
            verdict: facts.Accepted | facts.LateBox | facts.RefusedSave = facts.LateBox()
        else:
            verdict = plain.accepted(self.facts, self.ends, item.now) or timing.judge_save(
                self.rules, self.facts, item.now)
            if not isinstance(verdict, facts.Accepted) and item.sent.mono is not None:
                verdict = timing.judge_save(self.rules, self.facts, item.now, self._edited(item))
        if isinstance(verdict, facts.RefusedSave):
            raise Refused(verdict.code, verdict.text)
        if isinstance(verdict, facts.LateBox):
            raise self._apart(Refused(verdict.code, verdict.text), item, line, value, "time")
        return verdict.late_in_grace

    def _edited(self, item: Incoming) -> datetime | None:
        """Estimated moment of the edit by what the page's answers told before this one arrived (rule 5); None for an
        unsynced page. Answers that arrive together are no sync and no previous acknowledgement of each other."""
        sent = item.sent
        assert sent.mono is not None
        own = [(save["received_at"], save["mono_ms"]) for save in self.saves
               if save["page_id"] == sent.page_id and save["mono_ms"] is not None]
        sync = timing.best_sync([*save_rows.synced(self.row.id, sent.page_id), *own], item.now)
        if sync is None:
            return None
        acks = [save_rows.acked_before(self.row.id, item.now), *(save["received_at"] for save in self.saves)]
        previous = max((at for at in acks if at is not None and at < item.now), default=None)
        return timing.edit_time(sync[0], sync[1], sent.mono, previous, item.now)

    def _apart(self, refusal: Refused, item: Incoming, line: int, value: str, cause: str) -> Refused:
        """The refusal; the body goes to the late box, once per client id."""
        sent, attempt_id = item.sent, self.row.id
        known = any(late["client_id"] == sent.client_id for late in self.late)
        if not known and not save_rows.kept_apart(attempt_id, sent.client_id):
            self.late.append({"attempt_id": attempt_id, "question_id": line, "seq": item.seq, "value": value,
                              "client_id": sent.client_id, "received_at": item.now, "cause": cause})
        return refusal

    def _append(self, item: Incoming, proven: Proven | None, line: int, value: str, *, late: bool, key: bytes) -> Ack:
        sent, at, prev = item.sent, item.now if proven is None else proven.at, self.head
        self.head = receipts.link(prev, attempt=self.row.id, question=line, seq=item.seq, value=value,
                                  mono=sent.mono, page=sent.page_id, client=sent.client_id, at=at)
        self.number += 1
        self.acked = at if self.acked is None else max(self.acked, at)
        self.restored += proven is not None
        save = {"attempt_id": self.row.id, "question_id": line, "number": self.number, "seq": item.seq,
                "value": value, "client_id": sent.client_id, "page_id": sent.page_id, "mono_ms": sent.mono,
                "received_at": at, "late_in_grace": late, "prev_seen": sent.prev, "hash": self.head,
                "restored_at": None if proven is None else item.now}
        self.saves.append(save)
        self.remember({**save, "prev": prev})
        return self._receipt(self._clients[sent.client_id], key)

    def _receipt(self, save: Mapping[str, Any], key: bytes) -> Ack:
        attempt_id, number, hash_ = self.row.id, save["number"], save["hash"]
        return Ack(question=save["question_id"], seq=save["seq"], client_id=save["client_id"], at=save["received_at"],
                   number=number, prev=save["prev"] or receipts.genesis(attempt_id), hash=hash_,
                   seal=receipts.seal(key, attempt_id, number, hash_), late=save["late_in_grace"])

    def state(self, now: datetime) -> dict[str, Any]:
        """What every reply carries, with the head of the chain as the group leaves it."""
        counted = plain.countdown(self.facts, self.ends, now) or timing.countdown_state(self.rules, self.facts, now)
        return attempts.reply_state(counted, version=self.row.version, number=self.number, head=self.head)


def _stored(answer: Answer) -> str:
    return json.dumps(answer, ensure_ascii=False, sort_keys=True)


def _same(value: str, answer: Answer) -> bool:
    return bool(json.loads(value) == answer)


def _genuine(item: Incoming, proven: Proven, value: str, key: bytes) -> bool:
    """Whether the service itself acknowledged this very save under the ids the browser knows."""
    attempt, sent = item.wire_attempt or item.attempt_id, item.sent
    return receipts.genuine(key, attempt, proven.number, proven.hash, proven.seal) and proven.hash == receipts.link(
        proven.prev, attempt=attempt, question=sent.question, seq=sent.seq, value=value, mono=sent.mono,
        page=sent.page_id, client=sent.client_id, at=proven.at)
