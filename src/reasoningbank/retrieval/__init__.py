"""Choosing what to show before a task: scoring, diversity, abstention, the prompt block."""
