"""Bodies, members, appointments."""
from flask import Blueprint, flash, g, redirect, render_template, request, url_for

from contest import people, scope
from contest.forms.contests import AppointmentForm, BodyForm, MemberForm, PersonForm, ReplacementForm
from contest.models import Body, BodyMember, Contest
from contest.rules import roles
from contest.rules.roles import ORGANISER, STAFF
from core import logins
from core.access import allow, me
from core.db import session
from core.errors import NotVisible
from core.web import form_status, submit

blueprint = Blueprint("people", __name__)


@blueprint.route("/contests/<int:contest_id>/bodies/new", methods=["GET", "POST"])
@allow(ORGANISER)
def new_body(contest_id: int):
    contest = scope.contest_for(me, contest_id, ORGANISER)
    form = BodyForm()
    form.nomination_id.choices = [(0, "весь конкурс"), *((n.id, n.title) for n in people.nominations(contest.id))]
    made: list[Body] = []
    if submit(form, lambda: made.append(people.make_body(
            contest, kind=form.kind.data, title=form.title.data, order_ref=form.order_ref.data or "",
            nomination_id=form.nomination_id.data or None, by=me, now=g.now))):
        return redirect(url_for("people.body", body_id=made[0].id), 303)
    return render_template("contest/body_form.html", form=form, contest=contest), form_status(form)


def _body(body_id: int, *wanted: str) -> Body:
    found = people.body(body_id)
    if found is None or not me.has(*wanted, contest_id=found.contest_id):
        raise NotVisible
    return found


@blueprint.get("/bodies/<int:body_id>")
@allow(*STAFF)
def body(body_id: int):
    return _page(_body(body_id, *STAFF), MemberForm())


def _page(found: Body, form: MemberForm):
    return render_template("contest/body.html", body=found, form=form, now=g.now, duties=roles.DUTY_WORDS,
                           contest=session.get_one(Contest, found.contest_id),
                           members=people.members_at(found, g.now))


@blueprint.post("/bodies/<int:body_id>/members")
@allow(ORGANISER)
def new_member(body_id: int):
    found, form = _body(body_id, ORGANISER), MemberForm()
    pin = _pin(form)
    made: list[people.Appointed] = []
    if submit(form, lambda: made.append(people.add_member(
            found, name=form.name.data, email=form.email.data, duty=form.duty.data, position=form.position.data or "",
            order_ref=form.order_ref.data or "", by=me, now=g.now, pin=pin))):
        return _done(made[0], url_for("people.body", body_id=found.id))
    return _page(found, form), form_status(form)


@blueprint.route("/members/<int:member_id>/replacement", methods=["GET", "POST"])
@allow(ORGANISER)
def replacement(member_id: int):
    member = session.get(BodyMember, member_id)
    if member is None:
        raise NotVisible
    found, form = _body(member.body_id, ORGANISER), ReplacementForm()
    pin = _pin(form)
    made: list[people.Appointed] = []
    if submit(form, lambda: made.append(people.replace_member(
            member, name=form.name.data, email=form.email.data, position=form.position.data or "",
            order_ref=form.order_ref.data, by=me, now=g.now, pin=pin))):
        return _done(made[0], url_for("people.body", body_id=found.id))
    return render_template("contest/replacement.html", body=found, member=member, form=form, duties=roles.DUTY_WORDS,
                           contest=session.get_one(Contest, found.contest_id)), form_status(form)


@blueprint.route("/contests/<int:contest_id>/people", methods=["GET", "POST"])
@allow(ORGANISER)
def appointments(contest_id: int):
    contest, form = scope.contest_for(me, contest_id, ORGANISER), AppointmentForm()
    pin = _pin(form)
    made: list[people.Appointed] = []
    if submit(form, lambda: made.append(people.appoint(
            contest, name=form.name.data, email=form.email.data, role=form.role.data, by=me, now=g.now, pin=pin))):
        return _done(made[0], url_for("people.appointments", contest_id=contest.id))
    return render_template("contest/people.html", contest=contest, form=form, words=roles.WORDS,
                           bodies=people.bodies(contest.id), grants=people.appointed(contest),
                           appointment=people.APPOINTMENT), form_status(form)


@blueprint.post("/contests/<int:contest_id>/people/<int:grant_id>/removal")
@allow(ORGANISER)
def dismissal(contest_id: int, grant_id: int):
    contest = scope.contest_for(me, contest_id, ORGANISER)
    people.dismiss(contest, grant_id, by=me, now=g.now)
    flash("Роль снята.", "ok")
    return redirect(url_for("people.appointments", contest_id=contest.id), 303)


def _pin(form: PersonForm) -> people.Pin:
    """A person without e-mail gets a card; its PIN is hashed before anything is written."""
    return logins.new_card_pin() if request.method == "POST" and not form.email.data else None


def _done(made: people.Appointed, back: str):
    """A printed card is shown once, right away; everybody else has got a letter."""
    if made.card is not None:
        return render_template("core/card.html", account=made.account, card=made.card, back=back)
    flash(f"{made.account.short_name}: роль назначена, письмо отправлено.", "ok")
    return redirect(back, 303)
