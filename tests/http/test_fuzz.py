"""Made-up requests from the server's own document: none is answered with a 5xx or an undocumented status."""

from __future__ import annotations

import re

import pytest

pytest.importorskip("schemathesis", reason="schemathesis is not installed")

from benchmarks.fuzz_http import fuzz

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])


def generated(printed: str) -> int:
    found = re.search(r"([\d,]+) generated", printed)
    return int(found[1].replace(",", "")) if found else 0


def test_some_hundred_requests_are_answered_as_the_document_says():
    done = fuzz(cases=8, seed=1, phases="fuzzing")

    assert done.returncode == 0, done.stdout[-5_000:]
    assert generated(done.stdout) >= 200


@pytest.mark.long
def test_thousands_of_requests_are_answered_as_the_document_says():
    done = fuzz(cases=60, seed=2)

    assert done.returncode == 0, done.stdout[-5_000:]
    assert generated(done.stdout) >= 2_000
