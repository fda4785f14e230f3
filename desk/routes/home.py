"""The first page."""
from flask import Blueprint, g, render_template

from core.access import PUBLIC, allow, current
from desk import home

blueprint = Blueprint("desk", __name__)


@blueprint.get("/")
@allow(PUBLIC)
def first_page():
    person = current()
    if person is None:
        return render_template("desk/visitor.html", visits=home.announced(g.now))
    found = home.steps(person, g.now)
    joined = home.participation(person, g.now)
    if joined:
        g.zone, g.place = joined[0][1].contest.zone, f"{joined[0][1].title}, {joined[0][1].contest.region}"
    return render_template("desk/home.html", steps=[step for step in found if not step.done], now=g.now,
                           done=[step for step in found if step.done], contests=home.contests_of(person),
                           nominations=home.nominations_of(person), joined=joined)
