"""What Python programs use; `streamer` itself lists the names, each loaded when it is first used."""
