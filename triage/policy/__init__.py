"""The contract as pure rules: values in, values out.

No clock, no database, no logger, no settings. `now` is a parameter; instants are aware; a span between two
instants is taken in UTC. Rule ids such as W3 are those of the policy file.
"""
