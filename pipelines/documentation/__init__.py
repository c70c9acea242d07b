"""Pages of the documentation that are made from code: `python -m pipelines.documentation`."""
