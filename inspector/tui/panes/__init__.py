"""Panes that show one artifact each."""
