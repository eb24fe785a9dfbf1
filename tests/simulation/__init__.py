"""Years of simulated nights with everything that goes wrong in them, by a seed, and what must hold all the time."""
