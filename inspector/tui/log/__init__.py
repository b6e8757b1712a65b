"""A whole log on screen: what it holds at a glance, and the way into each compile id."""
