"""What ties neighbouring stages: one file for each pair of neighbours."""
