"""The people of the rehearsal and what they will do: names, mailboxes, answers and marks, all from one seed."""

import random
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

from rehearsal import questions, scheme
from rehearsal.client import Browser, Page
from rehearsal.errors import Failed, expect, needed
from rehearsal.mailbox import Mailbox
from rehearsal.oracle import Oracle
from rehearsal.service import Service

T = TypeVar("T")
R = TypeVar("R")
TROUBLES = ("late", "no-quorum", "dissent", "expert-ill", "paper", "cut", "kill", "restore", "shared-pc")
AT_ONE_COMPUTER = 3
ZONE = "Asia/Irkutsk"
INN = "3812345678"
SURNAMES = ("Абрамов", "Белых", "Власов", "Гаврилов", "Демидов", "Ермаков", "Жуков", "Зимин", "Ильин", "Козлов",
            "Лапин", "Мельников", "Назаров", "Орлов", "Панов", "Русаков", "Сизов", "Титов", "Уваров", "Фомин",
            "Харитонов", "Цветков", "Чернов", "Шубин", "Щукин", "Юдин", "Яшин")
NAMES = ("Андрей", "Борис", "Виктор", "Глеб", "Денис", "Егор", "Игорь", "Кирилл", "Леонид", "Максим")
FATHERS = ("Алексеевич", "Борисович", "Викторович", "Ильич", "Петрович", "Сергеевич")


@dataclass(frozen=True)
class Options:
    """What is to be played."""

    out: str = "out/rehearsal"
    participants: int = 6
    experts: int = 3
    commission: int = 5
    nominations: int = 1
    troubles: frozenset[str] = frozenset()
    spoil: str = ""
    seed: int = 1
    keep: bool = False


@dataclass
class Person:
    """Somebody with a browser. Without e-mail: `card` has the code and `secret` is the PIN."""

    name: str
    email: str
    browser: Browser
    mailbox: Mailbox | None = None
    secret: str = ""
    card: str = ""

    @property
    def short(self) -> str:
        """Surname."""
        return self.name.split()[0]

    @property
    def letters(self) -> Mailbox:
        """The mailbox; Failed where the person has none."""
        return needed(self.mailbox, f"{self.name}: адреса почты нет, письмо прийти не может")


@dataclass
class Entrant(Person):
    """A participant, or one who wanted to be."""

    fate: str = "admit"
    application: int = 0
    number: str = ""
    participant: int = 0
    code: str = ""
    attempt: int = 0
    behaviour: str = "finishes"
    answers: dict[int, Any] = field(default_factory=dict)


@dataclass
class Expert(Person):
    """A member of an expert group."""

    duty: str = "member"
    member: int = 0


@dataclass
class Nomination:
    """One nomination and all that is known of it from its pages."""

    index: int
    title: str
    entrants: list[Entrant]
    experts: list[Expert]
    oracle: Oracle
    ident: int = 0
    bank: int = 0
    sitting: int = 0
    theory: int = 0
    practice: int = 0
    task: int = 0
    body: int = 0
    protocol: int = 0
    item: int = 0
    planned: dict[tuple[str, str], dict[str, scheme.Mark]] = field(default_factory=dict)
    apart: tuple[Entrant, Expert, Expert, scheme.Mark] | None = None

    @property
    def admitted(self) -> list[Entrant]:
        """Those who take part to the end."""
        return [one for one in self.entrants if one.fate == "admit"]

    @property
    def drawn(self) -> list[Entrant]:
        """Those with a code, the late one among them."""
        return [one for one in self.entrants if one.fate in ("admit", "late")]


class World:
    """Everybody and everything, and the service they meet at."""

    def __init__(self, options: Options, service: Service) -> None:
        self.options, self.service = options, service
        self.dice = random.Random(options.seed)
        self.taken: set[str] = set()
        self.contest = 0
        self.commission_body = 0
        self.meetings: list[int] = []
        self.commission_protocol = 0
        self.documents: list[Document] = []
        self.admin = self._person("Администратор Сервиса Установки", "admin@localhost")
        self.organiser = self._person("Организатор Мария Павловна", "organiser")
        self.secretary = self._person("Секретарь Ольга Игоревна", "secretary")
        self.proctor = self._person("Наблюдатель Пётр Ильич", "proctor")
        self.site = self._person("Площадкин Семён Ильич", "")
        self.members = [self._person(self._name(), f"member{index}") for index in range(1, options.commission + 1)]
        self.nominations = [self._nomination(index) for index in range(1, options.nominations + 1)]
        self.pool = ThreadPoolExecutor(max_workers=max(8, options.participants * options.nominations))

    def _nomination(self, index: int) -> Nomination:
        options = self.options
        entrants = [self._entrant(f"worker{index}-{key}") for key in range(1, options.participants + 1)]
        entrants.append(self._entrant(f"novice{index}", fate="refuse"))
        experts = [self._expert(f"expert{index}-{key}", key) for key in range(1, options.experts + 1)]
        if len(entrants) > 2:
            entrants[0].behaviour = "runs out of time"
        if "shared-pc" in options.troubles and index == 1:
            for one in entrants[1:options.participants][-AT_ONE_COMPUTER:]:
                one.behaviour = "leaves the computer"
        if "late" in options.troubles:
            entrants.append(self._entrant(f"late{index}", fate="late"))
        title = f"Лучший сварщик {index}" if index > 1 else "Лучший сварщик"
        made = Nomination(index, title, entrants, experts, Oracle())
        self._plan(made)
        return made

    def _plan(self, made: Nomination) -> None:
        """Draw answers and marks until the totals differ: a tie that no rule breaks is another story."""
        for _attempt in range(1000):
            trial = Oracle()
            for one in made.entrants:
                one.answers = {key: question.answer(self.dice) for key, question in enumerate(questions.BANK)}
            for one in made.admitted:
                for key, answer in one.answers.items():
                    trial.answered(one.email, key, answer)
            made.planned = self._marks(made)
            for (whose, expert), sheet in made.planned.items():
                for module in scheme.MODULES:
                    trial.marked(whose, module, expert, sheet)
            try:
                totals = [row.points for row in trial.ranking()]
            except ValueError:
                continue
            if len(set(totals)) == len(totals):
                return
        raise Failed("не удалось подобрать ответы и оценки без равенства баллов")

    def _marks(self, made: Nomination) -> dict[tuple[str, str], dict[str, scheme.Mark]]:
        """Marks by participant's mailbox and expert's name."""
        planned: dict[tuple[str, str], dict[str, scheme.Mark]] = {}
        for one in made.admitted:
            columns = {aspect.ident: aspect.marks(self.dice, len(made.experts)) for aspect in scheme.ASPECTS}
            for place, expert in enumerate(made.experts):
                planned[one.email, expert.name] = {ident: dict(marks[place]) for ident, marks in columns.items()}
        if len(made.experts) > 1:
            planned[made.admitted[-1].email, made.experts[1].name]["B2.1"] = {"x": "Запись этой части не велась"}
        return planned

    def _name(self) -> str:
        """A new person; no two have the same surname, so that a name on a page is somebody's own."""
        left = [one for one in SURNAMES if one not in self.taken]
        while not left:
            double = f"{self.dice.choice(SURNAMES)}-{self.dice.choice(SURNAMES)}"
            left = [double] if double not in self.taken else []
        surname = self.dice.choice(left)
        self.taken.add(surname)
        return " ".join((surname, self.dice.choice(NAMES), self.dice.choice(FATHERS)))

    def _person(self, name: str, box: str) -> Person:
        email = box if "@" in box or not box else f"{box}@example.ru"
        mailbox = Mailbox(self.service.mail, email) if email else None
        return Person(name, email, Browser(self.service.url, name), mailbox)

    def _entrant(self, box: str, **facts: Any) -> Entrant:
        made = self._person(self._name(), box)
        return Entrant(made.name, made.email, made.browser, made.mailbox, **facts)

    def _expert(self, box: str, key: int) -> Expert:
        """The third expert has no e-mail and works by a card."""
        made = self._person(self._name(), "" if key == 3 else box)
        return Expert(made.name, made.email, made.browser, made.mailbox, duty="chair" if key == 1 else "member")

    def new_expert(self, box: str) -> Expert:
        """Somebody who replaces an expert."""
        return self._expert(box, 0)

    def all(self, action: Callable[[T], R], things: Iterable[T]) -> list[R]:
        """Do the same for many at once; the first failure is raised after all have ended."""
        futures = [self.pool.submit(action, one) for one in things]
        results, failures = [], []
        for future in futures:
            try:
                results.append(future.result())
            except Exception as error:  # noqa: BLE001 - raised below, after the others have ended
                failures.append(error)
        if failures:
            raise failures[0]
        return results

    def trouble(self, name: str) -> bool:
        """Whether this trouble is to be played."""
        return name in self.options.troubles

    def close(self) -> None:
        """End threads and connections."""
        self.pool.shutdown(cancel_futures=True)


@dataclass(frozen=True)
class Document:
    """A signed document fetched from the service, with what must be true of it; `on_paper`: fields that stay empty."""

    name: str
    content: bytes
    signatures: int
    token_path: str
    on_paper: int = 0


def invited(person: Person) -> Page:
    """Follow the invitation in the mailbox, choose a password, land on the first page."""
    link = person.letters.link(r"/invitations/[\w-]+")
    person.secret = f"репетиция-{person.short}-{len(person.name)}"
    return person.browser.get(link).form(link).send({"password": person.secret, "again": person.secret})


def with_card(person: Person, shown: Page) -> None:
    """Take the printed card from the page that shows it once."""
    facts = [" ".join(node.get_text().split()) for node in shown.soup.select("dl dd")]
    code = [one for one in facts if one.replace("-", "").isdigit() and len(one.replace("-", "")) == 10]
    pin = [one for one in facts if one.isdigit() and len(one) == 6]
    expect(code and pin, f"{shown}: на странице нет карточки с кодом и PIN, {facts}")
    person.card, person.secret = code[0], pin[0]


def enter(person: Person) -> Page:
    """Log in by password or by card."""
    if person.card:
        return person.browser.get("/login/card").form(r".*login/card.*").send(
            {"code": person.card, "secret": person.secret})
    return person.browser.get("/login").form(r".*login.*").send({"email": person.email, "secret": person.secret})
