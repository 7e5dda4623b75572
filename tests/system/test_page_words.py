"""The parts of the web page that need no browser, in node: nothing they say is false."""
import os
import shutil
import subprocess

import pytest

from lookback import ROOT


@pytest.mark.skipif(os.environ.get("LOOKBACK_BROWSER") == "0", reason="LOOKBACK_BROWSER=0: node is not asked for")
def test_what_the_page_says_of_numbers_gaps_limits_and_moments_is_true(tmp_path):
    web = tmp_path / "web"
    shutil.copytree(os.path.join(ROOT, "collector", "page", "web"), web)
    (web / "package.json").write_text('{"type": "module"}')
    done = subprocess.run(["node", "--test", os.path.join(ROOT, "tests", "browser", "words.test.mjs")], timeout=30,
                          env={**os.environ, "LOOKBACK_WEB": str(web)}, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
