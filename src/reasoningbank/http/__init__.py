"""The bank over HTTP: one more door, for programs in any language; needs the extra ``server``."""
