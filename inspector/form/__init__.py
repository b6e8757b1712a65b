"""The reading form of a text: what a person came for, one thing a line, with a way back to every character of it.

A form is made from the stored text alone and never replaces it: `reading.reading` makes it, `form.Form` holds it.
"""
