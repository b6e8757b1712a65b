"""The study: plans and runs the experiments, keeps their results, and makes tables and figures of them."""
