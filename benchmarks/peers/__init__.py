"""The bank beside other stores that agents keep memories in, in one run and on the same rows."""
