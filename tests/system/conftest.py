"""The fixtures of tests/support, found from here."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

from fixtures import folder, log_of_failure, peers, town  # noqa: E402,F401


def pytest_runtest_makereport(item, call):
    log_of_failure(item, call)
