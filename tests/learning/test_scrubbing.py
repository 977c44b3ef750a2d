"""Personal data that can be told by its shape is taken out; ordinary numbers stay."""

from __future__ import annotations

import pytest

from reasoningbank.domain.pattern import Redaction
from reasoningbank.learning.scrubbing import scrubbed_text


@pytest.mark.parametrize(
    "number",
    [
        "+49 30 12345678",
        "+49 170 1234567",
        "+49 (0)30 12345678",
        "+44 20 79460958",
        "+44 20 7946 0958",
        "+1 415 5552671",
        "+1-415-555-2671",
        "+1 (415) 555-2671",
        "+33 1 23 45 67 89",
        "+86 138-00138000",
        "+354 555 1234",
        "+4915112345678",
        "(030) 12345678",
        "(415) 555-2671",
        "415-555-2671",
    ],
)
def test_a_phone_number_is_taken_out_however_it_is_grouped(number: str) -> None:
    found: list[Redaction] = []

    assert (
        scrubbed_text(f"Call {number}, then wait.", "action", found) == "Call [phone], then wait."
    )
    assert found == [Redaction(field="action", kind="phone_number")]


@pytest.mark.parametrize(
    "text",
    [
        "ISBN 978-3-16-148410-0 and 0-306-40615-2",
        "2026-11-21 01:02:03 +01 00, 2026-11-21T01:02:03.004Z",
        "1700000000 and 1700000000000",
        "550e8400-e29b-41d4-a716-446655440000",
        "4111-1111-1111-1111",
        "@@ -12,3 +12 34 @@ and @@ -1024,12 +1030,14 @@",
        "+10 20 30 40 and +12 34 5678",
        "+3.14 2.71 and +1.5 100000",
        "x = +100 -200 +300",
        "192.168.100.200 and 10.0.0.1:8080",
        "f(030) 12345 and (123) 456",
        "0x1234-5678, v1.2.3-20240102.1",
        "1 234 567 890",
    ],
)
def test_an_ordinary_number_stays(text: str) -> None:
    found: list[Redaction] = []

    assert scrubbed_text(text, "action", found) == text
    assert found == []


@pytest.mark.parametrize("piece", ["+1 ", "23 ", "+1 23 ", "(012) ", "+1-2(3)"])
def test_a_long_text_full_of_beginnings_is_read_in_linear_work(piece: str) -> None:
    text = "+1" + piece * 80_000  # work that grew with the square would take minutes

    assert isinstance(scrubbed_text(text, "action", []), str)
