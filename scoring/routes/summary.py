"""The page of the summary table."""
from flask import Blueprint, g, render_template

from contest import scope
from contest.rules.roles import COMMISSION, EXPERTS, STAFF
from core.access import allow, me
from scoring import summary_pages

blueprint = Blueprint("summary", __name__)
READERS = (*STAFF, *EXPERTS, *COMMISSION)


@blueprint.get("/nominations/<int:nomination_id>/summary")
@allow(*READERS)
def page(nomination_id: int):
    nomination = scope.nomination_for(me, nomination_id, *READERS)
    return render_template("scoring/summary.html", nomination=nomination,
                           page=summary_pages.page(nomination, me=me, now=g.now))
