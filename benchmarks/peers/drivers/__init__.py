"""Programs that drive a contestant each, in its own environment and language: they import neither us nor each other, only loop."""
