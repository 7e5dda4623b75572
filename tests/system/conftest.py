"""The fixtures of tests/support, found from here; which tests go together when many run at once."""
import os
import sys

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

from fixtures import folder, log_of_failure, peers, town  # noqa: E402,F401

# What these make up for all their tests takes long: each on one worker, and begun first.
TOGETHER = ("test_verdict.py", "test_river.py", "test_history.py", "test_seals.py", "test_aggregates.py")


@pytest.hookimpl(tryfirst=True)  # the groups have to be known before the work is shared out
def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.name in TOGETHER:
            item.add_marker(pytest.mark.xdist_group(item.path.stem))
    items.sort(key=lambda item: (item.path.name not in TOGETHER, "kills" not in item.name))


def pytest_runtest_makereport(item, call):
    log_of_failure(item, call)
