"""The resources: one pattern by its id, and the statistics.

An address is taken apart by one expression that an id must match as a whole; there is no path in it
to climb out of.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from mcp_types import ReadResourceResult, Resource, ResourceTemplate, TextResourceContents

from reasoningbank.domain.errors import NotFound
from reasoningbank.mcp.answers import PATTERN_URI, STATS_URI, json_text

if TYPE_CHECKING:
    from reasoningbank import AsyncReasoningBank

SCHEME: Final = "reasoningbank://"
_JSON: Final = "application/json"
_PATTERN: Final = re.compile(
    re.escape(PATTERN_URI) + r"([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})", re.ASCII
)

RESOURCES: Final = (
    Resource(
        uri=STATS_URI,
        name="stats",
        title="Statistics",
        description="What the bank holds, by category, and where it is kept.",
        mime_type=_JSON,
    ),
)
TEMPLATES: Final = (
    ResourceTemplate(
        uri_template=PATTERN_URI + "{id}",
        name="pattern",
        title="One pattern",
        description="The whole of a pattern, without the limit that tools keep.",
        mime_type=_JSON,
    ),
)


async def read(bank: AsyncReasoningBank, uri: str) -> ReadResourceResult:
    """Give the content of a resource.

    Raises:
        NotFound: For an address of another form, and for an id that is not there; alike.
    """
    if uri == STATS_URI:
        return _content(uri, await bank.get_stats())
    found = _PATTERN.fullmatch(uri)
    pattern = None if found is None else await bank.get_pattern(found.group(1))
    if pattern is None:
        raise NotFound("no such resource", hint=f"There are {STATS_URI} and {PATTERN_URI}{{id}}.")
    return _content(uri, pattern)


def _content(uri: str, value: object) -> ReadResourceResult:
    return ReadResourceResult(
        contents=[TextResourceContents(uri=uri, mime_type=_JSON, text=json_text(value))]
    )
