"""The command line as a person or a program uses it: the real command, in a process of its own."""
