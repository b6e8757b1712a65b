"""A matrix of settings, each point a process of its own, here or on a cluster: plan, run, report."""
