"""One file for each verb, one registry."""
