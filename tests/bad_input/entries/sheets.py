"""The scheme, sheets, their signatures, divergences."""

from sqlalchemy import select

from core import access
from core.db import session
from scoring import schemes, sheets
from scoring.formats.scheme_xlsx import write_scheme_xlsx
from scoring.models.sheets import Divergence
from tests.bad_input.entries.contest import organiser
from tests.bad_input.entry import File, Target, entry
from tests.bad_input.world import World
from tests.scoring import schemes as samples

BY = access.Me(0, "тест")
FIELDS = {"m-1.1": "yes", "m-1.2": "2,5", "m-2.1": "3", "m-3.1": "0", "m-3.2": "0"}


@entry("schemes.upload")
def upload(world: World) -> Target:
    nomination = world.make.nomination(practice_max=2000)
    book = File("схема.xlsx", write_scheme_xlsx(samples.scheme()))
    return Target({"nomination_id": nomination.id}, organiser(world, nomination.contest_id), form={"file": book})


@entry("schemes.freezing")
def freezing(world: World) -> Target:
    nomination = world.make.nomination(practice_max=2000)
    scheme = world.make.scheme(nomination, frozen=False)
    return Target({"scheme_id": scheme.id}, organiser(world, nomination.contest_id), form={"reason": "первая"},
                  optional=True, closed={"frozen": lambda: schemes.freeze(
                      schemes.load(scheme.id), reason="", by=world.make.organiser(), now=world.clock.now)})


def staged(world: World, *, assigned: bool = True):
    """Two experts and two codes: nomination, accounts, and the sheets of the first code by expert."""
    nomination = world.make.nomination(practice_max=2000)
    experts = [world.make.member(nomination, duty="chair"), world.make.member(nomination)]
    for code in ("У-0417", "У-0288"):
        world.make.participant(nomination, code=code)
    world.make.scheme(nomination)
    rows = world.make.sheets_of(nomination) if assigned else []
    return nomination, experts, {row.expert_id: row for row in rows if row.participant.code == "У-0417"}


@entry("sheets.assign")
def assign(world: World) -> Target:
    nomination, _experts, _rows = staged(world, assigned=False)
    return Target({"nomination_id": nomination.id}, organiser(world, nomination.contest_id))


@entry("sheets.interests")
def interests(world: World) -> Target:
    nomination, experts, _rows = staged(world)
    return Target({"nomination_id": nomination.id}, experts[1], form={"inn": "7000000000"})


def one(world: World, to: str = ""):
    """An expert, the sheet of theirs, and how to bring it to `signed`."""
    nomination, experts, rows = staged(world)
    chair, expert = experts
    sheet = rows[expert.id]
    if to:
        world.make.fill(sheet, to=to)
    return nomination, chair, expert, sheet


def submitted(world: World, sheet):
    return {"submitted": lambda: world.make.fill(sheet, to="submitted"),
            "signed": lambda: world.make.fill(sheet, to="signed")}


@entry("sheets.save")
def save(world: World) -> Target:
    _nomination, chair, expert, sheet = one(world)
    form = FIELDS | {f"{kind}-{key}": "" for kind in "nx" for key in ("1.1", "1.2", "2.1", "3.1", "3.2")}
    return Target({"sheet_id": sheet.id}, expert, form=form, optional=True, closed=submitted(world, sheet),
                  rights={"another expert": chair})


@entry("sheets.submission")
def submission(world: World) -> Target:
    _nomination, chair, expert, sheet = one(world)
    return Target({"sheet_id": sheet.id}, expert, form=dict(FIELDS), closed=submitted(world, sheet),
                  rights={"another expert": chair})


@entry("sheets.signature")
def signature(world: World) -> Target:
    _nomination, chair, expert, sheet = one(world, "submitted")
    secret = world.do(lambda: world.make.secret(expert))
    return Target({"sheet_id": sheet.id}, expert, form={"basis": "видеозапись", "secret": secret}, closed={
        "signed": lambda: sheets.sign(sheets.load(sheet.id), basis="видеозапись", by=access.Me(expert.id, "эксперт"),
                                      now=world.clock.now)}, rights={"another expert": chair})


@entry("sheets.recusal")
def recusal(world: World) -> Target:
    _nomination, chair, expert, sheet = one(world)
    return Target({"sheet_id": sheet.id}, expert, form={"reason": "Работаем в одной организации."},
                  closed={"signed": lambda: world.make.fill(sheet, to="signed")}, rights={"another expert": chair})


@entry("sheets.reopening")
def reopening(world: World) -> Target:
    _nomination, (chair, expert), rows = staged(world)
    for row in rows.values():
        world.make.fill(row, to="signed")
    return Target({"sheet_id": rows[expert.id].id}, chair, form={"reason": "Ошибка в уровне."},
                  rights={"the expert": expert})


def diverging(world: World):
    """Both have handed in, three levels apart: chair, expert, the expert's sheet, the divergence."""
    _nomination, (chair, expert), rows = staged(world)
    world.make.fill(rows[expert.id], to="submitted", level=0)
    world.make.fill(rows[chair.id], to="submitted", level=3)
    return chair, expert, rows, world.do(lambda: session.scalar(select(Divergence.id)))


@entry("sheets.reconciliation")
def reconciliation(world: World) -> Target:
    chair, expert, rows, _divergence = diverging(world)
    return Target({"sheet_id": rows[expert.id].id}, expert, rights={"another expert": chair}, form={
        "aspect": "2.1", "outcome": "change", "m-2.1": "2", "reason": "Посмотрел ещё раз."})


@entry("sheets.closing")
def closing(world: World) -> Target:
    chair, expert, rows, divergence = diverging(world)
    world.log_in("expert", expert)
    world.log_in("chair", chair)
    for name, account in (("expert", expert), ("chair", chair)):
        answer = world.browser(name).post(f"/sheets/{rows[account.id].id}/reconciliation", data={
            "aspect": "2.1", "outcome": "keep", "reason": "шов ровный"})
        assert answer.status_code == 303
    return Target({"divergence_id": divergence}, chair, form={"resolution": "Разница в уровень."})
