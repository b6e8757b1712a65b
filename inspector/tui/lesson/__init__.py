"""Lessons on the screen: the main screen with a panel beside it that tells, asks and reveals."""
