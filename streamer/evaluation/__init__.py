"""How good a model is on labelled files: metrics, tables, figures, and scoring the files."""
