"""The pages that the server draws, for whoever has a link to a result: HTML without a script, in two languages."""
