"""What the disk of this machine does in this minute, without us: a save cannot be faster than its fsync."""

import os
import tempfile
import time
from pathlib import Path

BLOCK = b"\0" * 4096


def fsync_rate(folder: Path, seconds: float) -> int:
    """fdatasync calls a second, each after 4 KB more."""
    with tempfile.TemporaryFile(dir=folder) as file:
        count, began = 0, time.perf_counter()
        while time.perf_counter() - began < seconds:
            os.write(file.fileno(), BLOCK)
            os.fdatasync(file.fileno())
            count += 1
        return round(count / (time.perf_counter() - began))
