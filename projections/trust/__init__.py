"""Trust: half-life Beta evidence, read in subjective logic. Pure and exact; one module per step of the definition."""
