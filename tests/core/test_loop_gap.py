"""The loop of the web process goes on while people save, the worker closes attempts and documents render.

The bar (p99 ≤ 50 ms) is measured by `make bench` on a quiet machine; here only a loop that stops for whole tenths of
seconds again and again is found, as it did where a greenlet waited inside a write transaction.
"""

from datetime import UTC, datetime

import pytest

from bench import gap
from bench.place import Place
from bench.web import Bench

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("kills")]


def test_saving_beside_a_writing_worker_never_stops_the_loop(db, tmp_path, make, clock):
    clock.set(datetime.now(UTC))
    with Bench(Place(db, tmp_path, make)) as bench:
        found = gap.measure(bench, seconds=3, closing=20, documents=2)
    assert found["p99_ms"] < 1000, found
