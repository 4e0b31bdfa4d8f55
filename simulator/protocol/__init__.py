"""What crosses the wire: messages in envelopes, signed, as bytes on a topic."""
