"""Settings, logging and the shipped contract. Imports nothing of ours."""
