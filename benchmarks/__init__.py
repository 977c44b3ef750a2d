"""Measure time, memory, size and retrieval quality: `python -m benchmarks`, and modules of their own."""
