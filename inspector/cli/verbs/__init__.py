"""One file per verb; `registry.py` lists them."""
