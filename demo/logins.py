"""`flask demo logins`: under whom to log in, and what to look at."""
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from contest.models import Contest
from core.accounts import Account
from core.db import session
from demo import cast
from demo.cast import Person
from scoring.models.meetings import Publication
from scoring.models.papers import Protocol


@dataclass(frozen=True)
class Login:
    """One line of the table."""

    role: str
    person: Person
    shows: str = ""


def everybody() -> list[Login]:
    """All who can log in, in the order of the road."""
    chair, *members = cast.COMMISSION
    return [
        Login("администратор", cast.ADMIN), Login("аудитор", cast.AUDITOR),
        Login("организатор", cast.ORGANISER), Login("секретарь (Томск)", cast.SECRETARY),
        Login("наблюдатель", cast.PROCTOR, "показ документов ждёт проверки"),
        Login("ответственный за площадку", cast.SITE),
        *_group("сварщики", cast.WELDING_EXPERTS, "всё подписано"),
        *_group("электромонтёры", cast.ELECTRIC_EXPERTS[:2], "протокол подписан"),
        Login("эксперт, электромонтёры", cast.ELECTRIC_EXPERTS[2], "ждут его подписи под протоколом"),
        *_group("каменщики", cast.MASON_EXPERTS, "оценивание впереди"),
        Login("председатель комиссии (Томск)", chair), *(Login("член комиссии (Томск)", one) for one in members),
        *(Login("участник, сварщик", one, "итоги опубликованы") for one in cast.WELDERS),
        *(Login("участник, электромонтёр", one, "идёт подписание") for one in cast.ELECTRICIANS),
        *(Login("участник, каменщик", one, shows) for one, shows in zip(cast.MASONS, (
            "пишет теорию", "может начать теорию", "ждёт проверки документа", "не подписал инструктаж"), strict=True)),
        Login("секретарь (Новосибирск)", cast.NOVOSIBIRSK_SECRETARY, "заявки на рассмотрении"),
        Login("председатель комиссии (Новосибирск)", cast.NOVOSIBIRSK_COMMISSION[0], "решает о допуске"),
        *(Login("член комиссии (Новосибирск)", one) for one in cast.NOVOSIBIRSK_COMMISSION[1:]),
        *(Login("заявитель, водитель", one, shows) for one, shows in zip(cast.DRIVERS, (
            "черновик", "подана", "зарегистрирована", "возвращена", "предложено допустить", "отказ", "отозвана",
            "допущен"), strict=True))]


def _group(word: str, people: tuple[Person, ...], shows: str) -> list[Login]:
    return [Login(f"эксперт, {word}" if number else f"председатель экспертов, {word}", person, shows)
            for number, person in enumerate(people)]


def table(address: str) -> Iterator[str]:
    """Lines to print."""
    rows = [(one.role, one.person.name, one.person.email, one.shows) for one in everybody()]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    yield f"\nВход: {address}/login    Пароль у всех один: {cast.PASSWORD}    Фраза подписи: {cast.SIGNING}\n"
    for row in rows:
        yield "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[3]]).rstrip()
    code = session.scalar(select(Account.card_code).where(Account.email == cast.CARD_HOLDER.email))
    yield f"\nПо карточке: {address}/login/card    код {code}, PIN {cast.PIN} ({cast.CARD_HOLDER.name})"
    yield from _public(address)


def _public(address: str) -> Iterator[str]:
    """Pages that need no login."""
    yield "\nЧто посмотреть без входа:"
    for contest in session.scalars(select(Contest).where(Contest.state != "draft").order_by(Contest.id)):
        yield f"  {address}/contests/{contest.id}  {contest.title}, {contest.region}"
    for row in session.scalars(select(Publication).where(Publication.kind == "final").options(
            joinedload(Publication.protocol).joinedload(Protocol.document))):
        yield f"  {address}/nominations/{row.nomination_id}/results  опубликованные итоги"
        if row.protocol.document is not None:
            yield f"  {address}/v/{row.protocol.document.token}  проверка подписанного протокола"
