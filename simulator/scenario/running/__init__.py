"""The steps of a scenario, taken on a fleet.

run.py            the door: one run, on a broker or in virtual time
taking.py         the steps of a file, and further ones for a fleet that stays up
brokers.py        the broker that a run is on
runner.py         the steps, one after the other
progress.py       who follows a run
acts.py           a step as what is done on which instances
acting.py         hands that to the instances, and tells what becomes of it
events.py         what happens to a fleet as a whole
patience.py       how long a run waits for what is to come
waiting.py        which steps wait for what earlier ones have set going
faults.py         a fault step as the faults that a fleet makes happen
copies.py         what clones and restores bring along
certificates.py   who gets a certificate when it becomes ready for mutual TLS
requests.py       requests to the REST API, and what must come of them
captures.py       what steps capture of answers, and later steps with it in its place
circumstances.py  what the fleet shows of a refusal, and who refused could not know
"""
