"""Public verification: by the code on a sheet, by a file's hash, by the file itself."""
from flask import Blueprint, g, redirect, render_template, request, url_for

from core import attempts
from core.access import PUBLIC, allow
from core.errors import NotVisible, Refused
from core.web import form_status
from scoring import verification
from scoring.forms.papers import FileForm
from scoring.verify_pages import context

blueprint = Blueprint("verify", __name__)
MAX_FILE = 20 * 1024 * 1024
UNKNOWN = "Документа с таким кодом нет. Проверьте код на листе: 26 латинских букв и цифр от 2 до 7."


@blueprint.get("/verify")
@allow(PUBLIC)
def search():
    code, sha256 = request.args.get("code", "").strip(), request.args.get("sha256", "").strip().lower()
    code = code.rstrip("/").rsplit("/", 1)[-1]
    paper = verification.by_token(code) if code else verification.by_sha256("".join(sha256.split())) if sha256 else None
    if paper is not None:
        return redirect(url_for("verify.page", token=paper.document.token, sha256=sha256 or None), 303)
    return render_template("scoring/verify_search.html", code=code, sha256=sha256), 404 if code or sha256 else 200


@blueprint.get("/v/<token>")
@allow(PUBLIC)
def page(token: str):
    paper = _paper(token)
    return render_template("scoring/verify.html", form=FileForm(formdata=None), asked=request.args.get("sha256", ""),
                           page=context(paper, verification.judge(paper, None, now=g.now), now=g.now))


@blueprint.post("/v/<token>/check")
@allow(PUBLIC)
def check(token: str):
    _count(token, request.remote_addr or "")
    paper, form = _paper(token), FileForm()
    if not form.validate_on_submit():
        return _again(paper, form)
    content = form.file.data.read(MAX_FILE + 1)
    if len(content) > MAX_FILE:
        form.file.errors = ["Файл больше 20 МБ. Документы сервиса меньше: проверьте, тот ли это файл."]
        return _again(paper, form)
    verdict = verification.judge(paper, content, now=g.now)
    return render_template("scoring/verify.html", form=FileForm(formdata=None), asked="",
                           page=context(paper, verdict, now=g.now, sent=content, name=form.file.data.filename or ""))


def _again(paper, form):
    found = context(paper, verification.judge(paper, None, now=g.now), now=g.now)
    return render_template("scoring/verify.html", form=form, page=found, asked=""), form_status(form)


def _paper(token: str) -> verification.Paper:
    found = verification.by_token(token)
    if found is None:
        raise NotVisible(UNKNOWN)
    g.zone = found.document.meta["zone"]
    return found


def _count(token: str, address: str) -> None:
    try:
        attempts.count(f"verify:{token[:26]}:{address}", address)
    except Refused:
        raise Refused("too_many", "Слишком много проверок подряд. Подождите десять минут или сравните отпечаток: "
                                  "браузер считает его сам.", status=429) from None
