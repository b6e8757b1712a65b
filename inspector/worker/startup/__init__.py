"""What Python loads at its start in every process of a script that is run with recording on.

`inspector run` puts this folder first in PYTHONPATH. Its files import nothing of inspector until torch is imported.
"""
