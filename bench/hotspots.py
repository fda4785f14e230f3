"""Where the CPU of a request goes: `python -m bench.hotspots` profiles the application in this process, without HTTP.

cProfile weighs small Python functions too heavily: read the order, take the sizes from `bench.requests`. It sees the
thread of the request only: what the group's writer does for a save shows as waiting.
"""

import cProfile
import io
import pstats
import sys
import time
from collections.abc import Callable
from typing import Any

from werkzeug.test import EnvironBuilder

from bench.people import Hall, Person, csrf, seat
from bench.place import fresh

REQUESTS = 300


class Caller:
    """Calls the WSGI application as gunicorn would."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.session, self.token = csrf()

    def __call__(self, person: Person, method: str, path: str, body: Any = None) -> int:
        headers = {"Cookie": f"login={person.cookie}; session={self.session}", "X-CSRF-Token": self.token}
        environ = EnvironBuilder(path=path, method=method, headers=headers,
                                 **({"json": body} if body is not None else {})).get_environ()
        found: list[str] = []
        reply = self.app.wsgi_app(environ, lambda status, _headers, _error=None: found.append(status))
        size = sum(len(part) for part in reply)
        reply.close()
        assert found[0][:3] in ("200", "303", "302"), (found[0], path, size)
        return size


def kinds(call: Caller, begun: Hall, waiting: Hall) -> dict[str, Callable[[int], Any]]:
    """One request of each kind, by number."""
    people, others = begun.people, waiting.people
    return {
        "save": lambda n: call(people[n % 20], "POST", f"/attempts/{people[n % 20].attempt_id}/answers",
                               people[n % 20].save(n + 1)),
        "state": lambda n: call(people[n % 20], "GET", f"/attempts/{people[n % 20].attempt_id}/state"),
        "page": lambda n: call(people[n % 20], "GET", f"/attempts/{people[n % 20].attempt_id}"),
        "first page": lambda n: call(people[n % 20], "GET", "/"),
        "start": lambda n: call(others[n], "POST", f"/sittings/{waiting.sitting_id}/attempts"),
        "opening": lambda n: call(others[n], "POST", f"/tasks/{waiting.task_id}/opening"),
        "key": lambda n: call(others[-1 - n], "POST", f"/tasks/{waiting.task_id}/key"),
    }


def main(wanted: list[str]) -> None:
    """Print the dearest functions of each kind, by own time and by what they call."""
    with fresh() as place:
        begun, waiting = seat(place.make, 20, begun=True), seat(place.make, 2 * REQUESTS, begun=False)
        place.make.clock.stack.close()
        for name, request in kinds(Caller(place.make.app), begun, waiting).items():
            if wanted and name not in wanted:
                continue
            for number in range(REQUESTS // 3):
                request(number)
            began, profile = time.process_time(), cProfile.Profile()
            for number in range(REQUESTS // 3, REQUESTS * 2 // 3):
                request(number)
            each = (time.process_time() - began) / (REQUESTS // 3)
            profile.enable()
            for number in range(REQUESTS * 2 // 3, REQUESTS):
                request(number)
            profile.disable()
            print(f"==== {name}: {each * 1000:.2f} ms CPU without the profiler")
            for order in ("cumulative", "tottime"):
                text = io.StringIO()
                pstats.Stats(profile, stream=text).sort_stats(order).print_stats(60 if order == "cumulative" else 25)
                print(text.getvalue())


if __name__ == "__main__":
    main(sys.argv[1:])
