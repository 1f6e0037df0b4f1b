"""Benchmarks: speed against peers on the same input, in the same run, on one thread; and accuracy of measurements."""
