"""Profiles, rooflines and numerics on the main screen: measured by the worker beside, shown as tables and a picture."""
