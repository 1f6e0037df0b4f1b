"""Where examples begin and end: by level, by key or by time."""
