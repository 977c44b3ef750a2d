"""The demonstration: a bank filled before your eyes, and asked in other words than it was filled with."""
