"""What the command line is given, and one run over it."""
