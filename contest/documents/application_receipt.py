"""«Уведомление о приёме заявки»: number, time, hash of what was submitted, and its list, as a frozen paper."""
from datetime import datetime
from typing import Any

from contest.models import Application, Submission
from contest.rules import eligibility
from core import web
from core.access import Me
from core.documents import papers
from core.documents.papers import Document, Form

FORM = Form("application_receipt", "Уведомление о приёме заявки", "contest/documents/application_receipt.html")


def freeze(application: Application, submission: Submission, payload: dict[str, Any], *, by: Me,
           now: datetime) -> Document:
    """The notice about one submission. `payload` is the content whose hash the submission keeps."""
    contest = application.nomination.contest
    return papers.freeze(FORM.key, submission, facts(application, submission, payload), title=FORM.title,
                         number=str(application.number), zone=contest.zone, public_url=web.settings().public_url, by=by,
                         now=now, letterhead=contest.operator_name, demo=contest.demo)


def facts(application: Application, submission: Submission, payload: dict[str, Any]) -> dict[str, Any]:
    """What the paper says."""
    fields = application.fields
    return {
        "contest": payload["contest"], "nomination": payload["nomination"], "version": submission.version,
        "applicant": " ".join(filter(None, (fields.get(key) for key in ("last_name", "first_name", "middle_name")))),
        "at": submission.at.isoformat(), "sha256": submission.sha256,
        "files": [[eligibility.ATTACHMENT_KINDS[row["kind"]], row["name"], row["sha256"]]
                  for row in payload["attachments"]],
        "consents": [[eligibility.CONSENT_KINDS[row["kind"]], row["at"].isoformat(), row["text_sha256"]]
                     for row in payload["consents"]]}
