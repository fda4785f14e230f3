"""Meetings of the commission: called, attended, voted in, closed. A refusal is told on the meeting's own page."""
from flask import Blueprint, flash, g, redirect, render_template, url_for
from sqlalchemy import select

from contest import people, scope
from contest.forms.contests import DeedForm
from contest.models import Nomination
from contest.rules.roles import COMMISSION, STAFF
from core import logins, storage
from core.access import ANYONE, allow, me
from core.db import session
from core.documents import papers
from core.errors import NotVisible
from core.web import form_status, submit
from scoring import agenda, commission, meeting_pages, meetings
from scoring.forms.meetings import (
    ConfirmationForm,
    ItemForm,
    MeetingForm,
    MinutesForm,
    OralVoteForm,
    PresenceForm,
    RecusalForm,
    VoteForm,
)
from scoring.models.meetings import AgendaItem, Meeting

blueprint = Blueprint("meetings", __name__)
THEIRS = (*STAFF, *COMMISSION)


@blueprint.get("/meetings")
@allow(*THEIRS)
def mine():
    return render_template("scoring/meetings.html", **meeting_pages.mine(me))


@blueprint.route("/contests/<int:contest_id>/meetings/new", methods=["GET", "POST"])
@allow(*STAFF)
def new(contest_id: int):
    contest = scope.contest_for(me, contest_id, *STAFF)
    nominations = people.nominations(contest.id)
    form = MeetingForm(contest.zone, nominations)
    made: list[Meeting] = []
    if submit(form, lambda: made.append(commission.call(
            contest, [one for one in nominations if one.id in form.nomination_ids.data], title=form.title.data,
            starts_at=form.start(), by=me, now=g.now))):
        return redirect(url_for("meetings.page", meeting_id=made[0].id), 303)
    return render_template("scoring/meeting_form.html", form=form, contest=contest), form_status(form)


@blueprint.get("/meetings/<int:meeting_id>")
@allow(ANYONE)
def page(meeting_id: int):
    return _page(meeting_id)


@blueprint.post("/meetings/<int:meeting_id>/opening")
@allow(*THEIRS)
def opening(meeting_id: int):
    return _keeper_deed(meeting_id, lambda meeting: commission.open_registration(meeting, by=me, now=g.now))


@blueprint.post("/meetings/<int:meeting_id>/presence")
@allow(ANYONE)
def presence(meeting_id: int):
    meeting, form = meetings.visible(me, meeting_id), PresenceForm()
    other = bool(form.account_id.data) and form.account_id.data != me.account_id
    keeper = me.has(*STAFF, contest_id=meeting.contest_id)
    if other and not keeper:
        raise NotVisible
    return _deed(meeting_id, form, lambda found: _note(found, form, keeper and bool(form.account_id.data)))


def _note(meeting: Meeting, form: PresenceForm, by_keeper: bool) -> None:
    here = form.present.data == "yes"
    if by_keeper:
        commission.register(meeting, form.account_id.data, here=here, reason=form.reason.data or "", by=me, now=g.now)
    else:
        commission.declare(meeting, here=here, by=me, now=g.now)


@blueprint.post("/meetings/<int:meeting_id>/quorum")
@allow(*THEIRS)
def quorum(meeting_id: int):
    return _keeper_deed(meeting_id, lambda meeting: commission.check_quorum(meeting, by=me, now=g.now))


@blueprint.post("/meetings/<int:meeting_id>/items")
@allow(*THEIRS)
def items(meeting_id: int):
    nominations = _nominations(_kept(meeting_id))
    form = ItemForm(list(nominations.values()))
    return _deed(meeting_id, form, lambda meeting: agenda.add_item(
        meeting, kind=form.kind.data, nomination=nominations.get(form.nomination_id.data),
        wording=form.wording.data or "", speaker=form.speaker.data or "", details=form.details(), by=me,
        now=g.now), anchor="agenda", item_form=form)


def _nominations(meeting: Meeting) -> dict[int, Nomination]:
    return {one.nomination_id: one.nomination for one in meeting.nominations}


@blueprint.post("/items/<int:item_id>/opening")
@allow(*THEIRS)
def open_vote(item_id: int):
    return _item_deed(item_id, DeedForm(), lambda item, meeting: agenda.open_vote(item, meeting, by=me, now=g.now))


@blueprint.post("/items/<int:item_id>/votes")
@allow(ANYONE)
def votes(item_id: int):
    form = VoteForm()
    return _item_deed(item_id, form, lambda item, meeting: agenda.cast(
        item, meeting, form.choice.data, by=me, now=g.now), keepers=False)


@blueprint.post("/items/<int:item_id>/oral-votes")
@allow(*STAFF)
def oral_votes(item_id: int):
    meeting = meetings.visible(me, _item(item_id).meeting_id)
    form = OralVoteForm(meeting_pages.voters(meeting))
    return _item_deed(item_id, form, lambda item, found: agenda.enter_oral(
        item, found, form.account_id.data, form.choice.data, moment=form.moment.data, by=me, now=g.now),
        oral_form=form, staff=True)


@blueprint.post("/items/<int:item_id>/closing")
@allow(*THEIRS)
def close_vote(item_id: int):
    return _item_deed(item_id, DeedForm(), lambda item, meeting: agenda.close_vote(item, meeting, by=me, now=g.now))


@blueprint.post("/items/<int:item_id>/withdrawal")
@allow(*THEIRS)
def withdrawal(item_id: int):
    return _item_deed(item_id, DeedForm(), lambda item, meeting: agenda.withdraw(item, meeting, by=me, now=g.now))


@blueprint.route("/items/<int:item_id>/minutes", methods=["GET", "POST"])
@allow(*THEIRS)
def minutes(item_id: int):
    item = _item(item_id)
    meeting = _kept(item.meeting_id)
    form = MinutesForm(data={"speaker": item.speaker, "minutes": item.minutes})
    if submit(form, lambda: agenda.write_minutes(item, meetings.locked(meeting.id), speaker=form.speaker.data or "",
                                                 minutes=form.minutes.data or "", by=me, now=g.now)):
        return redirect(url_for("meetings.page", meeting_id=meeting.id), 303)
    return render_template("scoring/meeting_minutes.html", form=form, item=item, meeting=meeting,
                           contest=meeting.contest), form_status(form)


@blueprint.route("/items/<int:item_id>/recusal", methods=["GET", "POST"])
@allow(ANYONE)
def recusal(item_id: int):
    meeting, form = meetings.visible(me, _item(item_id).meeting_id), RecusalForm()
    back = url_for("meetings.page", meeting_id=meeting.id)
    if submit(form, lambda: _recuse(item_id, form)):
        flash("Самоотвод записан: по этому вопросу вы не голосуете.", "ok")
        return redirect(back, 303)
    return render_template("confirm.html", form=form, title="Взять самоотвод?", danger=True, button="Взять самоотвод",
                           text="По этому вопросу вы не будете голосовать и не войдёте в число решающих. Отменить "
                           "самоотвод нельзя.", action=url_for("meetings.recusal", item_id=item_id), back=back,
                           contest=meeting.contest), form_status(form)


def _recuse(item_id: int, form: RecusalForm) -> None:
    item, meeting = _locked_item(item_id)
    agenda.recuse(item, meeting, reason=form.reason.data or "", by=me, now=g.now)


@blueprint.route("/votes/<int:vote_id>/confirmation", methods=["GET", "POST"])
@allow(ANYONE)
def confirmation(vote_id: int):
    vote, item = agenda.own_vote(me, vote_id)
    form, back = ConfirmationForm(), url_for("meetings.page", meeting_id=item.meeting_id)
    if submit(form, lambda _: agenda.confirm_oral(agenda.own_vote(me, vote_id)[0], by=me, now=g.now),
              first=lambda: logins.confirm_secret(me, form.secret.data, now=g.now)):
        flash("Голос подтверждён.", "ok")
        return redirect(back, 303)
    return render_template("confirm.html", form=form, title="Подтвердите свой голос", button="Подтвердить",
                           text=f"Вопрос {item.number}: {item.wording}", back=back,
                           items=meeting_pages.oral_words(vote),
                           action=url_for("meetings.confirmation", vote_id=vote_id)), form_status(form)


@blueprint.post("/meetings/<int:meeting_id>/closing")
@allow(*THEIRS)
def closing(meeting_id: int):
    return _to_protocol(meeting_id, commission.close)


@blueprint.post("/meetings/<int:meeting_id>/protocol")
@allow(*THEIRS)
def protocol(meeting_id: int):
    return _to_protocol(meeting_id, commission.draft_again)


@blueprint.get("/meetings/<int:meeting_id>/not-held.pdf")
@allow(ANYONE)
def not_held(meeting_id: int):
    meeting = meetings.visible(me, meeting_id)
    if meeting.document is None:
        raise NotVisible
    papers.ensure_rendered(meeting.document.id, now=g.now)
    blob_id = session.scalar(select(papers.Document.blob_id).where(papers.Document.id == meeting.document.id))
    return storage.send(session.get_one(storage.Blob, blob_id), f"{meeting.document.number}.pdf")


def _to_protocol(meeting_id: int, operation):
    made, form = [], DeedForm()
    _kept(meeting_id)
    if submit(form, lambda: made.append(operation(meetings.locked(meeting_id), by=me, now=g.now))):
        return redirect(f"/protocols/{made[0].id}", 303)
    return _page(meeting_id, form=form)


def _keeper_deed(meeting_id: int, operation):
    _kept(meeting_id)
    return _deed(meeting_id, DeedForm(), operation)


def _deed(meeting_id: int, form, operation, *, anchor: str = "", **forms):
    """One operation on the locked meeting, then its page; a refusal is told on the page."""
    if submit(form, lambda: operation(meetings.locked(meeting_id))):
        return redirect(url_for("meetings.page", meeting_id=meeting_id, _anchor=anchor or None), 303)
    return _page(meeting_id, form=form, **forms)


def _item_deed(item_id: int, form, operation, *, keepers: bool = True, staff: bool = False, **forms):
    meeting = meetings.visible(me, _item(item_id).meeting_id)
    if (keepers and not meetings.run_by(me, meeting)) or (staff and not me.has(*STAFF, contest_id=meeting.contest_id)):
        raise NotVisible
    return _deed(meeting.id, form, lambda _: operation(*_locked_item(item_id)), **forms)


def _item(item_id: int) -> AgendaItem:
    found = session.get(AgendaItem, item_id)
    if found is None:
        raise NotVisible
    return found


def _locked_item(item_id: int) -> tuple[AgendaItem, Meeting]:
    """The question of the locked meeting: votes and their close follow one another."""
    meeting = meetings.locked(_item(item_id).meeting_id)
    return next(item for item in meeting.items if item.id == item_id), meeting


def _kept(meeting_id: int) -> Meeting:
    meeting = meetings.visible(me, meeting_id)
    if not meetings.run_by(me, meeting):
        raise NotVisible
    return meeting


def _page(meeting_id: int, form=None, item_form: ItemForm | None = None, oral_form: OralVoteForm | None = None):
    meeting = meetings.visible(me, meeting_id)
    shown = meeting_pages.page(meeting, me=me, now=g.now)
    nominations = list(_nominations(meeting).values())
    return render_template(
        "scoring/meeting.html", meeting=meeting, contest=meeting.contest, page=shown, failed=form,
        item_form=item_form or ItemForm(nominations, formdata=None),
        oral_form=oral_form or OralVoteForm(meeting_pages.voters(meeting), formdata=None)), 422 if form else 200
