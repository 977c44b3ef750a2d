"""What schemathesis has to be told: lines of JSON go out as text."""

from __future__ import annotations

import schemathesis

schemathesis.serializer.alias("application/x-ndjson", "text/plain")
