"""Model files, and the classifiers that turn windows into scores with them."""
