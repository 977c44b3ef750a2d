"""The TypeScript package in real browsers: tabs, reloads, quota, private mode and upgrades that are blocked."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections import Counter

from tests.faults.campaign.rounds import Family, LeftOut, Round
from tests.faults.children import CHECKOUT

_WEB = CHECKOUT / "web"
_FILES = ("test/browser/lasting.test.ts", "test/browser/engines.test.ts", "test/storage")
_SHOWN = 6_000


def _play(this: Round) -> str:
    if shutil.which("npm") is None:
        raise LeftOut("npm is missing")
    if not (_WEB / "node_modules" / ".installed").exists():
        raise LeftOut("the TypeScript package is not installed: make web/node_modules/.installed")
    built = _npm("run", "--silent", "build")
    assert built.returncode == 0, (built.stdout + built.stderr)[-_SHOWN:]
    report = this.folder / "report.json"
    done = _npm("exec", "--", "vitest", "run", "--reporter=json", f"--outputFile={report}", *_FILES)
    assert report.exists(), (done.stdout + done.stderr)[-_SHOWN:]
    told = json.loads(report.read_bytes())
    results = [one for file in told["testResults"] for one in file["assertionResults"]]
    statuses = Counter(one["status"] for one in results)
    failed = [one["fullName"] for one in results if one["status"] == "failed"]
    assert not failed, failed
    if not statuses["passed"]:
        raise LeftOut("no browser was found")
    left = sum(statuses.values()) - statuses["passed"]
    return f"{statuses['passed']} tests in the last round" + f", {left} left out" * bool(left)


def _npm(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["npm", *arguments], cwd=_WEB, capture_output=True, text=True, check=False
    )


FAMILY = Family(
    name="browser",
    question="tabs write at once, go in the middle of a write, meet a full quota, a private window and "
    "a release that blocks theirs, in the browsers that are there",
    play=_play,
    share=0.5,
    short=False,
    most=2,
)
