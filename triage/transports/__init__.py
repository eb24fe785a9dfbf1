"""The only home of Twilio's REST client, and its recording twin. No database here: values in, values out."""
