"""The command `trustsim`, and `python -m simulator`."""


def main() -> None:
    """Runs the command line."""
    # Imported here: every process that is forked runs the main script once more, and needs nothing of this.
    from simulator.cli.main import main as run

    run()


if __name__ == "__main__":
    main()
