"""Data wrangling on a command line: real commands on small files, exact grading, no browser and no network."""
