"""`make bench` goes through pytest; see bench/__main__.py."""

import pytest

from bench.__main__ import main

pytestmark = pytest.mark.bench


def test_every_bar_is_met_or_the_machine_is_too_noisy_to_say():
    assert main([]) == 0
