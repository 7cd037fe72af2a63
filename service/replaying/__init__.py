"""`throughline replay`: a stream walked through on a terminal, step by step. Asks a service, or reads a bundle."""
