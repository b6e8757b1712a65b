"""A search over settings: candidates by what a capture shows, races by successive halving, a verdict over starts."""
