"""Real-time stream processing: capture → features → classification → display."""

__version__ = "0.1.0"
