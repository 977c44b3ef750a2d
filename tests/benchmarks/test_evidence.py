"""The page of evidence says what the stored results say, losses included, and what README says is on it."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from benchmarks import evidence_page, evidence_sources
from benchmarks.evidence_losses import lost
from benchmarks.evidence_sources import read_sources
from benchmarks.peers.measuring import Footprint, Timed
from benchmarks.peers.report import PeerReport, losses, markdown
from reasoningbank.benchmark.report import Machine
from reasoningbank.benchmark.timing import Spread

CHECKOUT = Path(__file__).resolve().parents[2]
FIGURE = re.compile(r"(?<![\w.,])\d[\d.,]*\s?(?:kB|MB|GB|ms|µs|s|%|seconds)(?!\w)")


def test_the_page_is_what_the_results_call_for():
    assert evidence_page.PAGE.read_text("utf-8") == evidence_page.page()


def test_a_page_changed_by_hand_is_noticed(tmp_path, monkeypatch, capsys):
    changed = tmp_path / "evidence.md"
    changed.write_text(evidence_page.page().replace("MISSED", "kept").replace("lose", "win"))
    monkeypatch.setattr(evidence_page, "PAGE", changed)

    assert evidence_page.main(["--check"]) == 1
    assert "run python -m benchmarks.evidence_page" in capsys.readouterr().out


def test_a_result_that_was_measured_again_wants_a_new_date(tmp_path, monkeypatch):
    kept = tmp_path / "measured.json"
    kept.write_text(
        evidence_sources.DATES.read_text("utf-8").replace('"sha256": "', '"sha256": "0')
    )
    monkeypatch.setattr(evidence_sources, "DATES", kept)

    assert "benchmarks/baseline.json" in evidence_sources.undated()


def test_every_figure_of_readme_is_on_the_page():
    """Add what no benchmark prints to benchmarks/claims.json, with what shows it."""
    page = evidence_page.PAGE.read_text("utf-8")
    figures = set(FIGURE.findall((CHECKOUT / "README.md").read_text("utf-8")))

    missing = {one for one in figures if not re.search(rf"(?<![\w.,]){re.escape(one)}", page)}
    assert figures
    assert missing == set()


def test_what_a_claim_names_is_there_and_says_it():
    for claim in read_sources().claims:
        numbers = re.findall(r"\d[\d.,]*\d|\d", claim.says)
        for path in claim.where:
            text = (CHECKOUT / path).read_text("utf-8")
            absent = [one for one in numbers if one not in text]
            assert absent == [] or path != claim.where[0], f"{path} no longer says {claim.says}"


def test_every_missed_limit_is_among_the_losses():
    sources = read_sources()
    whats = {one.what for one in lost(sources) if one.against == "its limit"}

    assert len(whats) == len({figure.key for figure in sources.bare.missed()})


def spread(p50: float) -> Spread:
    return Spread(count=9, minimum=p50 / 2, p50=p50, p95=p50 * 2, p99=p50 * 3)


def timed(contestant: str, p50: float | None, **more: object) -> Timed:
    return Timed(
        contestant=contestant,
        operation="get",
        size=1_000,
        spread=None if p50 is None else spread(p50),
        **more,
    )


@pytest.fixture
def report() -> PeerReport:
    machine = Machine(
        processor="p", cores=1, system="s", python="p", libraries={}, load_before=0, load_after=0
    )
    return PeerReport(
        machine=machine, measured_on="2026-01-01", seconds=1, seed=1, sizes=(1_000,), taking=(),
        timed=(timed("bank", 10), timed("numpy", 4), timed("chromadb", 40), timed("mem0", None, failed="x")),
        footprints=(
            Footprint(contestant="bank", size=1_000, fill_seconds=1, resident_mb=50, bytes_per_row=2_000),
            Footprint(contestant="numpy", size=1_000, fill_seconds=1, resident_mb=40, bytes_per_row=3_000),
        ),
        left_out={"agentdb": "not installed: npm and node are not installed"},
    )  # fmt: skip


def test_a_peer_that_is_quicker_or_smaller_is_a_loss_and_no_other_is(report):
    assert [(one.peer, one.what) for one in losses(report)] == [
        ("a matrix and two files", "get by id"),
        ("a matrix and two files", "memory then, MB"),
    ]


def test_a_peer_that_was_left_out_is_named_with_the_reason(report):
    assert "- agentdb: not installed: npm and node are not installed" in markdown(report)


def test_a_report_of_peers_is_read_back_as_it_was_written(report):
    assert msgspec.json.decode(msgspec.json.encode(report), type=PeerReport) == report
