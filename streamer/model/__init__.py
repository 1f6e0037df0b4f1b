"""A model file and what it becomes: a classifier that turns windows into scores."""
