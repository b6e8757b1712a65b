"""Modal screens: help, pickers, errors."""
