"""Spectra and series → frequency, period and angle, each with its uncertainty; or nothing periodic."""
