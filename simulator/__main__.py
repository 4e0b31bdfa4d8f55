"""The command `trustsim`, and `python -m simulator`."""

import gc
import os
import signal

SIGNALS = {signal.SIGINT: signal.default_int_handler, signal.SIGTERM: signal.SIG_DFL}
"""What asks a command to end, and what Python does about it from the start."""

COLLECTED_AFTER = 100_000
"""Objects that are made before Python looks for garbage: a short command makes fewer, and nearly all of them stay;
looking took a tenth of its time."""


def main() -> None:
    """Runs the command line."""
    gc.set_threshold(COLLECTED_AFTER)
    for number, usual in SIGNALS.items():
        if signal.getsignal(number) == usual:  # otherwise whoever has started this wants it to be ignored
            signal.signal(number, _end)
    # Imported here: every process that is forked runs the main script once more, and needs nothing of this.
    from simulator.cli.main import main as run

    try:
        run()
    finally:  # what is left to do is short, and must not be left half done
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        gc.freeze()  # the process gives everything back; looking through it once more took a tenth of the time


def _end(*_: object) -> None:
    """While everything is only being imported: there is nothing to clean up, and nobody who could say so."""
    os.write(2, b"trustsim: stopped\n")
    os._exit(130)


if __name__ == "__main__":
    main()
