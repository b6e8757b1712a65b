"""The only room that imports torch: it compiles, records and times."""
