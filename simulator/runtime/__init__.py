"""What drives an instance.

instance.py     the path of one message, top to bottom, in one transaction
outbox.py       what an instance has promised to deliver, and when it tries again
authenticity.py whether an envelope comes from whom it names
cmdb.py         the CMDB: the engine over the file, and who may call it
forms.py        what people do with records: the ones that it is about, and the plan
desk.py         what the REST API asks of its instance
spec.py         what a driver must know to bring an instance up, and a host some
listening.py    where the instances of a fleet answer HTTP
fleet.py        all instances of a run, whatever drives them
reading.py      what every fleet tells of them by reading their stores

faults.py       what can go wrong with a fleet, as values
kinds.py        the kinds of those that have a name
http_faults.py  what becomes of requests by them
weather.py      what becomes of each payload on its way, by the faults and a seeded chance
clock.py        the fleet's time, and clocks that are off

stopping.py     where Ctrl-C has to wait
temporary.py    files that nobody keeps

live/           by the wall clock: processes, on a broker
virtual/        in virtual time: one process, from a seed
"""
