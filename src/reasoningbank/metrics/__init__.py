"""Counting what is asked of a bank, keeping the counts, and giving them to monitoring systems."""
