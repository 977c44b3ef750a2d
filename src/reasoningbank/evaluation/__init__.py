"""Worlds to learn in and the means to measure whether a memory helps there."""
