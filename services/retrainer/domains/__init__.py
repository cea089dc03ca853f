"""What kind of picture the model takes a picture for, and its record there: fitted, measured, put in a version."""
