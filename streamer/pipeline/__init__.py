"""One stream as one synchronous, deterministic step: `sound` for microphones, `sight` for cameras."""
