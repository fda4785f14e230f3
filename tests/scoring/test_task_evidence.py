"""What experts learn of the task's evidence: which version a file was handed in for, the protocol of access annexed."""

import io

import pytest
from pypdf import PdfReader
from sqlalchemy import select

from contest.models import Nomination
from core import storage
from core.access import Me
from core.db import reading, session
from core.documents.papers import Document
from core.documents.process import DocumentMeta, RenderJob, RenderProcess
from exam import accesses, task_versions, tasks
from exam.documents import task_accesses
from exam.models import Task
from scoring.documents import expert_protocol

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def test_a_sheet_says_which_files_belong_to_a_withdrawn_version(make, login, operation, clock):
    nomination = make.nomination(practice_max=2000)
    expert, person = make.member(nomination), make.participant(nomination, ready=True, code="У-0417")
    make.scheme(nomination)
    [sheet] = make.sheets_of(nomination)
    task, by = make.task(nomination), make.organiser()
    clock.set(task.releases_at)
    received = operation(storage.receive, PDF, allowed=storage.PDF, max_bytes=10**6)

    def hand_in_and_withdraw():
        row, me = session.get_one(Task, task.id), make.me(person.account_id)
        accesses.open_task(row, person, accesses.Visit(), by=me, now=clock.now)
        tasks.hand_in(row, person, received=received, name="шов.pdf", note="", by=me, now=clock.now)
        task_versions.withdraw(row, reason="Не тот чертёж", by=by, now=clock.now)

    browser = login(expert)
    assert "по отозванной редакции" not in browser.get(f"/sheets/{sheet.id}").text
    operation(hand_in_and_withdraw)
    page = browser.get(f"/sheets/{sheet.id}").text
    assert "редакция 1, отозвана" in page
    assert "по отозванной редакции 1: не оценивается" in page


@pytest.mark.slow
def test_the_experts_protocol_names_the_protocol_of_access(make, operation, clock):
    group = make.marked_group()
    task, by = make.task(group.nomination), make.organiser()
    clock.set(task.closes_at)
    clock.move(seconds=1)
    operation(lambda: task_accesses.freeze(tasks.load(task.id), session.get_one(Nomination, group.nomination.id), by=by,
                                           now=clock.now))
    with reading():
        paper = session.scalars(select(Document).where(Document.form == "task_accesses")).one()
    drafted = operation(lambda: expert_protocol.draft(session.get_one(Nomination, group.nomination.id),
                                                      by=Me(group.chair.id, "председатель"), now=clock.now))
    assert drafted.content["protocol"]["accesses"] == [
        {"title": "Стык трубы", "version": 1, "facts_sha256": paper.facts_sha256}]
    process = RenderProcess()
    meta = DocumentMeta("Протокол", "1", "2026-03-02", clock.now.isoformat(), "Asia/Tomsk")
    made = process.render_pdf(RenderJob(expert_protocol.FORM.template, drafted.content, meta))
    process.close()
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(made)).pages).replace("\N{NO-BREAK SPACE}", " ")
    assert "Прилагается: протокол доступа к заданию «Стык трубы», редакция 1" in " ".join(text.split())
    assert paper.facts_sha256[:8] in text
