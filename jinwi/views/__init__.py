"""What the command line shows and writes: tables, bars, contact sheets, maps."""
