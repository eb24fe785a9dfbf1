"""Nights in no time: the whole program, the simulated phones and a clock that jumps to whatever comes next."""
