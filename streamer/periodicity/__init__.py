"""Measure frequency, period and angle from spectra and series, each with its uncertainty, or find nothing periodic."""
