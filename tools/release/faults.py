"""What stops a release."""


class Fault(Exception):
    """Something that must be mended before a release; its text says what."""
