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

live_instance.py     one instance on a broker, by the wall clock
crashing.py          how it dies, where it is to
host.py              an operating-system process of instances
channel.py           where hosts run, and the way to each
local.py             hosts on this machine
process.py           the fleet's side of one host
control.py           what the fleet and its processes say to each other
statuses.py          what instances still have to do, as the fleet hears it
forkserver.py        where new processes come from
preloaded.py         what is ready there
stopping.py          where Ctrl-C has to wait
temporary.py         files that nobody keeps
hosts.py             the hosts of a fleet, on the sites there are
live_fleet.py        a fleet of processes
live_broker.py       its broker
live_faults.py       what befalls it

agenda.py            what is due when, in virtual time
virtual_instance.py  one instance, driven by the agenda
stirring.py          which of a fleet of them to look at
virtual_fleet.py     a fleet of them, in one process
"""
