"""A stand-in for Twilio: REST API on one side, signed webhooks on the other. Knows nothing of our domain."""
