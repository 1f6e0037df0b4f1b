"""All numba code of streamer and nothing else: functions from arrays into arrays.

==========  ====================================================================================================
cache.py    where compiled kernels are kept, and compiling them before sound comes in (does not import numba)
arena.py    the one array that a log-mel kernel works on, with its tables (does not import numba)
jit.py      compiler options, each with its reason
simd.py     explicit vectors
fft.py      DFT passes on such vectors
logmel.py   the fused log-mel kernel; importing it compiles it, or loads it from the cache
==========  ====================================================================================================
"""
