"""What every SQL engine does alike: statements and the logic between them, on a connection the engine lends."""
