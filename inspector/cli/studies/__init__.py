"""The sub-verbs of `inspector study`, one file each."""
