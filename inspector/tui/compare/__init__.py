"""Two captures side by side: what is listed of their difference, how it is made, and how it is shared."""
