"""Whole files as fast as possible, through the very pipelines that live streams use."""
