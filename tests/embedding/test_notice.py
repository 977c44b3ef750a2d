"""What the table was made from is named where the licence asks for it."""

from __future__ import annotations

import json
import re
from pathlib import Path

from reasoningbank.embedding.table_files import SHIPPED

NOTICE = Path(__file__).parents[2] / "NOTICE"


def test_every_source_of_the_table_stands_in_the_notice():
    sources = json.loads((SHIPPED / "meta.json").read_text(encoding="utf-8"))["sources"]
    named = set(re.findall(r"[\w.-]+/[\w.-]+\w", NOTICE.read_text(encoding="utf-8")))
    assert {source["repo"] for source in sources} - named == set()
    assert len(sources) == 43


def test_no_source_is_under_a_licence_that_binds_the_package():
    sources = json.loads((SHIPPED / "meta.json").read_text(encoding="utf-8"))["sources"]
    licences = {source["licence"] for source in sources}
    assert not [name for name in licences if re.search("GPL|SA|NC|BUSL", name)]
