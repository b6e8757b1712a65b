"""Where a call's time goes, what it has to do at least, what the machine can do, and how exact the result is."""
