"""The verbs of the command line, by what they do. Their docstrings are their help texts."""
