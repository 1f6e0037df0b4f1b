"""Unattended running: what a service manager and scripts are told of a run, and the unit that starts it."""
