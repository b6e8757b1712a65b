"""What costs most, why, and what to do: rules over what is recorded, each of which says how sure it is.

`verdict.Verdict` is one finding, `rules.answers` asks every rule. A rule says nothing where nothing is wrong, and says
what it could not look at.
"""
