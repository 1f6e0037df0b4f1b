"""Measure streamer beside its peers: same input, same run, one thread, in turns."""
