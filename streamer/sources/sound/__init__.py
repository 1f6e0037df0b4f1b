"""Sources of sound: microphones, files, standard input and a synthetic scene."""
