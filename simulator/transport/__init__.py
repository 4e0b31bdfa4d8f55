"""How bytes travel: links that carry payloads between instances, and the brokers in between.

    link.py              the Link protocol: what an instance sees of the world
    endpoint.py          what every link keeps: payloads that have arrived, and whether it is connected
    mqtt.py              MqttLink, a link over an MQTT broker that reconnects by itself
    client.py            DirectClient, one connection to that broker
    memory.py            MemoryNetwork and MemoryLink, the same contract within one event loop

    http.py              HttpServer: requests to an instance, on a socket of its own

    address.py           BrokerAddress: where a broker listens and how to log in
    choice.py            which broker a run is on: one of its own, or one with an address
    tls.py               Tls: how TLS is spoken with somebody else's broker
    certificate.py       Credentials: what a link shows the broker, and why that may refuse it
    authority.py         Authority: issues and revokes the certificates of one run
    broker.py            the Broker protocol, and serve() to run one in the foreground
    embedded.py          EmbeddedBroker: needs nothing but Python; embedded_process.py is its process
    mosquitto.py         MosquittoBroker: a private Mosquitto
    start.py             how a process of ours starts, whoever's program this is
    external.py          ExternalBroker: somebody else's broker, behind relays of ours

Nothing here knows what the payloads mean, and nothing here promises delivery: a broker may lose what it
holds, so whoever needs delivery keeps an outbox and waits for a receipt.
"""
