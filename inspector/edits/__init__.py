"""Kernels as texts that a person changes: experiments, what a text says of how to build it, patches. Nothing is run."""
