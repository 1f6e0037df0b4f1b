"""Evaluation of models on labelled files and annotated recordings: scores and truths become figures."""
