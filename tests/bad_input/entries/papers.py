"""Keys, protocols, signatures, handover, verification."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

from sqlalchemy import select

from core.accounts import Account
from core.db import session
from scoring import handover, keys, protocols, signing
from scoring.models.papers import Agreement, Certificate, Document, Handover, PaperSignature, Protocol, Signatory
from tests.bad_input.entries.contest import staff
from tests.bad_input.entries.samples import PDF, photo
from tests.bad_input.entry import Target, entry
from tests.bad_input.world import World
from tests.factories.papers import PASSPHRASE


def _people(world: World, group: Any) -> dict[str, int]:
    return {"nomination": group.nomination.id, "contest": group.nomination.contest_id, "chair": group.chair.id,
            "expert": group.experts[1].id, "secretary": group.secretary.id, "organiser": group.organiser.id}


def marked(world: World) -> dict[str, int]:
    """Everything is marked, there is no protocol."""
    return _people(world, world.make.marked_group())


def draft(world: World) -> dict[str, int]:
    """The protocol is drafted."""
    group = world.make.marked_group()
    return _people(world, group) | {"protocol": world.make.protocol(group).id}


def on_approval(world: World) -> dict[str, int]:
    """Everybody has agreed."""
    group = world.make.marked_group()
    return _people(world, group) | {"protocol": world.make.protocol(group, state="on_approval").id}


def frozen(world: World) -> dict[str, int]:
    """The text is fixed and rendered; nobody has signed."""
    found = world.stage(on_approval)
    world.log_in("builder", found["chair"])
    answer = world.browser("builder").post(f"/protocols/{found['protocol']}/freezing")
    assert answer.status_code == 303, answer.text
    return found


def signed(world: World) -> dict[str, int]:
    """Everybody has signed."""
    found = world.stage(frozen)
    for who in ("chair", "expert"):
        world.log_in("builder", found[who])
        answer = world.browser("builder").post(f"/protocols/{found['protocol']}/signature",
                                               data={"passphrase": PASSPHRASE})
        assert answer.status_code == 303, answer.text
    return found


def given(world: World) -> dict[str, int]:
    """The protocol has been handed over."""
    found = world.stage(signed)
    world.log_in("builder", found["chair"])
    assert world.browser("builder").post(f"/protocols/{found['protocol']}/handover").status_code == 303
    return found | {"handover": world.do(lambda: session.scalar(select(Handover.id)))}


def papered(world: World) -> dict[str, int]:
    """The secretary has entered a wet signature of the expert."""
    found = world.stage(frozen)
    row = world.do(lambda: _signatory(found["expert"]))
    world.log_in("builder", found["secretary"])
    answer = world.browser("builder").post(f"/protocols/{found['protocol']}/paper", data={
        "signer_id": str(row), "scan": (BytesIO(PDF.content), "a.pdf")})
    assert answer.status_code == 303, answer.text
    return found | {"paper": world.do(lambda: session.scalar(select(PaperSignature.id)))}


def _signatory(account_id: int) -> int:
    return session.scalars(select(Signatory.id).where(Signatory.account_id == account_id)).one()


def state(world: World, found: dict[str, int], word: str) -> Callable[[], None]:
    """The protocol is in another state, as after a deed of somebody else."""
    def set_state() -> None:
        session.get_one(Protocol, found["protocol"]).state = word
    return set_state


@entry("keys.page")
def key(world: World) -> Target:
    contest = world.make.contest()
    return Target({}, staff(world, "secretary", contest.id), own=True,
                  form={"passphrase": PASSPHRASE, "repeat": PASSPHRASE, "agree": "y"})


@entry("keys.revocation")
def revocation(world: World) -> Target:
    contest = world.make.contest()
    account = staff(world, "secretary", contest.id)
    row = world.do(lambda: world.make.certificate(session.get_one(Account, account.id)).id)
    return Target({"certificate_id": row}, account, form={"reason": "Фразу узнал другой человек."}, closed={
        "revoked": lambda: keys.revoke(session.get_one(Certificate, row), reason="утрата",
                                       by=world.make.me(account), now=world.clock.now)})


@entry("protocols.draft")
def make_draft(world: World) -> Target:
    found = world.stage(marked)
    return Target({"nomination_id": found["nomination"]}, found["chair"])


@entry("protocols.approval")
def approval(world: World) -> Target:
    found = world.stage(draft)
    return Target({"protocol_id": found["protocol"]}, found["chair"], form={"due_at": "2026-03-10 10:00:00"},
                  optional=True)


@entry("protocols.agreements")
def agreements(world: World) -> Target:
    found = world.stage(on_approval)
    return Target({"protocol_id": found["protocol"]}, found["expert"],
                  form={"outcome": "remark", "text": "Не указан инструмент."})


@entry("protocols.answer")
def answer_remark(world: World) -> Target:
    found = world.stage(on_approval)
    world.do(lambda: protocols.agree(protocols.locked(found["protocol"]), outcome="remark", text="Не так.",
                                     by=world.make.me(found["expert"]), now=world.clock.now))
    remark = world.do(lambda: session.scalar(select(Agreement.id).where(Agreement.outcome == "remark")))
    return Target({"protocol_id": found["protocol"], "agreement_id": remark}, found["chair"],
                  form={"answer": "Инструмент указан в приложении."})


@entry("protocols.freezing")
def freezing(world: World) -> Target:
    found = world.stage(on_approval)
    return Target({"protocol_id": found["protocol"]}, found["chair"], optional=True,
                  form={"signing_due_at": "2026-03-10 10:00:00"})


@entry("protocols.signature")
def signature(world: World) -> Target:
    found = world.stage(frozen)
    sha256 = world.do(lambda: session.get_one(Protocol, found["protocol"]).head_sha256)
    return Target({"protocol_id": found["protocol"]}, found["expert"],
                  form={"sha256": sha256, "passphrase": PASSPHRASE},
                  closed={"annulled": state(world, found, "superseded")})


@entry("protocols.dissent")
def dissent(world: World) -> Target:
    found = world.stage(frozen)
    sha256 = world.do(lambda: session.get_one(Protocol, found["protocol"]).head_sha256)
    return Target({"protocol_id": found["protocol"]}, found["expert"], form={
        "sha256": sha256, "passphrase": PASSPHRASE, "text": "Оценка за зазор занижена."})


@entry("protocols.refusal")
def refusal(world: World) -> Target:
    found = world.stage(frozen)
    return Target({"protocol_id": found["protocol"]}, found["expert"], form={"reason": "Не согласен с местами."},
                  closed={"refused": lambda: signing.refuse_to_sign(
                      found["protocol"], reason="нет", by=world.make.me(found["expert"]), now=world.clock.now)})


@entry("protocols.paper")
def paper(world: World) -> Target:
    found = world.stage(frozen)
    return Target({"protocol_id": found["protocol"]}, found["secretary"], form={
        "signer_id": str(world.do(lambda: _signatory(found["expert"]))), "scan": photo(), "note": "дома"})


@entry("protocols.paper_check")
def paper_check(world: World) -> Target:
    found = world.stage(papered)
    return Target({"paper_id": found["paper"]}, found["chair"], form={"outcome": "refuse", "note": "Скан обрезан."})


@entry("protocols.missed")
def missed(world: World) -> Target:
    found = world.stage(frozen)
    world.clock.move(days=30)
    return Target({"protocol_id": found["protocol"]}, found["secretary"],
                  form={"signer_id": str(world.do(lambda: _signatory(found["expert"])))},
                  closed={"before the term": lambda: world.clock.move(days=-30)})


@entry("protocols.names")
def names(world: World) -> Target:
    found = world.stage(signed)
    return Target({"protocol_id": found["protocol"]}, found["secretary"])


@entry("handover.page")
def give(world: World) -> Target:
    found = world.stage(signed)
    return Target({"protocol_id": found["protocol"]}, found["chair"])


@entry("handover.receipt")
def receipt(world: World) -> Target:
    found = world.stage(given)
    return Target({"handover_id": found["handover"]}, found["secretary"])


@entry("handover.returning")
def returning(world: World) -> Target:
    found = world.stage(given)

    def accepted() -> None:
        row, _protocol = handover.visible(world.make.me(found["secretary"]), found["handover"])
        handover.accept(row, by=world.make.me(found["secretary"]), now=world.clock.now)

    return Target({"handover_id": found["handover"]}, found["secretary"], form={"reason": "Нет подписи."},
                  closed={"accepted": accepted})


@entry("verify.check")
def check(world: World) -> Target:
    world.stage(signed)
    token = world.do(lambda: session.scalar(select(Document.token)))
    return Target({"token": token}, form={"file": PDF})
