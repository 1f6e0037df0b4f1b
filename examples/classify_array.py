"""Classify an array of sound: here the demo's ticking clock, but it may come from anywhere."""

import numpy as np

import streamer
from streamer.sources.sound.synthesis import clock_tick

SAMPLE_RATE = 16_000

samples = 0.3 * clock_tick(np.random.default_rng(0), 6 * SAMPLE_RATE, SAMPLE_RATE)  # float, range −1…1
result = streamer.classify(samples, sample_rate=SAMPLE_RATE)

print(f"{result.label} {result.score:.2f}")
for event in result.events:
    print(f"{event.onset_s:.2f} – {event.offset_s:.2f} s  {event.label} {event.score:.2f}")
