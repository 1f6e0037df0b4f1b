"""How the shipped models were made; run from a checkout, with the extra `train`."""
