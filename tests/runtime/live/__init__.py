"""A fleet of processes on a broker: its instances, what befalls it, and what a kill leaves."""
