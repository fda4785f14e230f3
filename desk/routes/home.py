"""The first page, and the list of contests."""
from flask import Blueprint, g, render_template

from core import words
from core.access import PUBLIC, allow, current
from desk import home

blueprint = Blueprint("desk", __name__)


@blueprint.get("/")
@allow(PUBLIC)
def first_page():
    person = current()
    if person is None:
        return render_template("desk/visitor.html", visits=home.announced(g.now))
    page = home.page(person, g.now)
    contests = [nomination.contest for _, nomination, _ in page["joined"]] or page["contests"]
    zone = contests[0].zone if contests else words.DEFAULT_ZONE
    g.zone, g.place = zone, contests[0].title if len({row.id for row in contests}) == 1 else None
    return render_template("desk/home.html", summary=home.summary(page["steps"], g.now, zone), urgency=home.urgency,
                           **page)


@blueprint.get("/contests")
@allow(PUBLIC)
def contests():
    return render_template("desk/visitor.html", visits=home.announced(g.now))
