"""Classify whole files as fast as possible, through the pipelines that live streams use."""
