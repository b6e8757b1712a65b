"""The study's experiments, each in a worker process of its own."""
