"""One stream as one synchronous, deterministic step: `sound` for microphones, `images` for cameras."""
