"""The words of the bank: patterns, outcomes, errors and their rules. Pure: no I/O, no clock."""
