"""All numba code of streamer and nothing else: functions from arrays into arrays.

Importing this package does not import numba; ``streamer.kernels.logmel`` and the files below it do.
"""
