"""What the system reaches on this machine: each module prints a table and writes JSON."""
