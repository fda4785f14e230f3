"""What can go wrong in a way a person can understand. core.web turns these into pages, JSON and acks."""
from collections.abc import Callable, Mapping


class Refused(Exception):
    """The rules do not allow it. `text` is a Russian sentence: what is wrong and what to do.

    `fact` is what must be kept of the refusal (a failed login): the edge calls it after the rollback, in a transaction
    of its own. `facts` are what a script is told beside the words.
    """

    status = 409
    fact: Callable[[], object] | None = None
    facts: Mapping[str, object] | None = None

    def __init__(self, code: str, text: str, *, status: int | None = None, field: str | None = None) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text
        self.field = field
        if status is not None:
            self.status = status


class NotVisible(Refused):
    """The object does not exist, or is none of this person's business: both look the same."""

    status = 404

    def __init__(self, text: str = "Такой страницы нет, или у вас нет к ней доступа.") -> None:
        super().__init__("not_found", text)


class LoginNeeded(Refused):
    """Nobody is logged in, and the page needs somebody."""

    status = 401

    def __init__(self) -> None:
        super().__init__("login_needed", "Войдите, чтобы открыть эту страницу.")


class Busy(Refused):
    """The service is short of something for the moment; the same request may succeed a little later."""

    status = 503

    def __init__(self, text: str = "Сервис занят. Повторите через несколько секунд.", retry_after: int = 2) -> None:
        super().__init__("busy", text)
        self.retry_after = retry_after


class Unknown(Refused):
    """Whether it was written is not known: the answer of the database did not come in time. Repeating is safe."""

    status = 503
    retry_after = 1

    def __init__(self) -> None:
        super().__init__("unknown", "Пока неизвестно, сохранён ли ответ: сервер не успел подтвердить. Страница "
                                    "повторит отправку сама, ничего делать не нужно.")
