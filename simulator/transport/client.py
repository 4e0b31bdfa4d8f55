"""An aiomqtt client whose messages take the short way between the socket and us."""

from __future__ import annotations

import asyncio
import socket
import ssl
from asyncio import FIRST_COMPLETED
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import aiomqtt
from paho.mqtt import client as paho
from paho.mqtt.reasoncodes import ReasonCode

from simulator.transport.address import BrokerAddress

QOS = 0
"""Of publishing and of subscribing. Delivery is guaranteed end to end, by outbox and receipt, so the
broker's own acknowledgments are only cost: with this client, 50 pairs of request and reply of 600 bytes in
two processes made, with QoS 0 against 1, 14,000 against 11,500 messages/s on Mosquitto and 4,200 against
2,400 on amqtt. Nothing was lost: neither then, nor of 9,000 sent in one go to a link that was not reading.
"""

ANSWER_LIMIT = 5.0
"""Seconds for the broker's answer to a connect or a subscribe: a broker at work answers in milliseconds."""

NOTICE_SILENCE = [
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    *(
        (socket.IPPROTO_TCP, getattr(socket, name), value)
        for name, value in (
            ("TCP_KEEPIDLE", 4),
            ("TCP_KEEPINTVL", 2),
            ("TCP_KEEPCNT", 3),
            ("TCP_USER_TIMEOUT", 10_000),
        )
        if hasattr(socket, name)
    ),
]
"""Options of a socket whose far end may be cut off without a word, by a cable or a machine that is gone.

The kernels ask each other after 4 seconds of silence and give up after 10, whether something was sent or not.
MQTT's own question takes two minutes; asked sooner, a busy broker would be taken for one that is gone. Between two
network namespaces of which the link was cut: 10.2 against 120.2 seconds.
"""


class DirectClient(aiomqtt.Client):
    """One connection to a node of a broker, for one life: open(), send() while it lasts, close().

    aiomqtt hands each message over through a queue and a task of its own, and waits for each publish with
    another task, a timer and two changes of the selector. Here an incoming payload goes straight to
    `deliver` and an outgoing one straight to the socket. In the measurement above that is 14,000 against
    8,400 messages/s on Mosquitto, and a round trip of one pair takes 0.34 instead of 0.59 ms.

    *is_known*: the broker is our own and knows by the certificate which instance this is.
    """

    def __init__(
        self,
        address: BrokerAddress,
        identity: str,
        deliver: Callable[[str, bytes], None],
        tls: ssl.SSLContext | None = None,
        *,
        is_known: bool = False,
    ) -> None:
        super().__init__(
            address.node.host,
            address.node.port,
            username=address.username,
            password=address.password,
            identifier=identity,
            # Only MQTT 5 has an answer for who may not publish, and not every broker speaks it.
            protocol=aiomqtt.ProtocolVersion.V5 if is_known else aiomqtt.ProtocolVersion.V311,
            clean_session=None if is_known else True,  # MQTT 5 has another word for it, which is the default
            timeout=ANSWER_LIMIT,
            # Nagle's algorithm would let a request and its reply wait 44 ms for each other.
            socket_options=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1), *NOTICE_SILENCE],
        )
        self._node = address.node
        self._tls = tls
        self._client._create_socket_connection = self._dial  # type: ignore[method-assign] # noqa: SLF001 - see there
        # What paho would log (a lost connection) reaches us as an exception or through `lost`.
        self._client.disable_logger()
        # Nobody waits for a publish here, and paho would build three objects to tell of each.
        self._client.on_publish = None
        self._deliver = deliver
        self._claims: dict[int, asyncio.Future[str]] = {}
        """By number of a publish: what the broker says of it."""
        self._is_sending = False
        """Whether what paho has to write is written in a moment."""
        self._has_writer = False
        """Whether the loop tells when the socket takes more."""
        self._drained = asyncio.Event()
        self._drained.set()

    async def open(self, inbox: str) -> None:
        """Connect and subscribe to `inbox`; aiomqtt.MqttError says why not."""
        # Shielded, because aiomqtt connects in a thread: cancelled half way, the thread would go on and
        # leave its socket behind. And it subscribes with a wait_for, in which Python 3.11 forgets that it was
        # cancelled if the answer comes at the same time.
        opening = asyncio.ensure_future(self._open(inbox))
        try:
            await asyncio.shield(opening)
        except BaseException:
            await asyncio.gather(opening, return_exceptions=True)
            await self.close()
            raise

    def _dial(self) -> socket.socket:
        """Connects, in a thread, and comes to terms about TLS.

        paho would ask for a certificate of the host that it connects to, which may be a relay of ours; and it
        leaves its socket open when it does not get one.
        """
        plain = socket.create_connection(self._node.door, ANSWER_LIMIT)
        if self._tls is None:
            return plain
        with ExitStack() as failing:
            failing.enter_context(plain)
            secure = self._tls.wrap_socket(plain, server_hostname=self._node.host)
            failing.pop_all()
        return secure

    async def _open(self, inbox: str) -> None:
        await self.__aenter__()
        for answer in await self.subscribe(inbox, qos=QOS):
            if isinstance(answer, ReasonCode) and answer.is_failure:
                raise aiomqtt.MqttError(f"it refuses a subscription to {inbox}: {answer}")

    async def lost(self) -> None:
        """Wait until the connection is gone."""
        await asyncio.wait({self._disconnected})

    async def send(self, topic: str, payload: bytes) -> None:
        """Publish; returns when the kernel has it, aiomqtt.MqttError when there is no connection."""
        self._is_sending = True
        try:
            result = self._client.publish(topic, payload, QOS).rc
        finally:
            self._is_sending = False
        if result != paho.MQTT_ERR_SUCCESS:
            raise aiomqtt.MqttCodeError(result)
        self._flush()
        await self._drained.wait()

    async def claim(self, topic: str, payload: bytes) -> str:
        """Publish where only another may; returns what the broker says against it, or nothing.

        aiomqtt.MqttError when there is no connection, or no answer within the limit.
        """
        self._client.on_publish = self._on_answer
        info = self._client.publish(topic, payload, qos=1)
        if info.rc != paho.MQTT_ERR_SUCCESS:
            raise aiomqtt.MqttCodeError(info.rc)
        answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._claims[info.mid] = answer
        self._flush()
        awaited: set[asyncio.Future[Any]] = {answer, self._disconnected}
        await asyncio.wait(awaited, timeout=ANSWER_LIMIT, return_when=FIRST_COMPLETED)
        self._client.on_publish = None
        del self._claims[info.mid]
        if not answer.done():
            raise aiomqtt.MqttError("the broker does not answer")
        return answer.result()

    def _on_answer(self, client: paho.Client, userdata: Any, mid: int, reason: ReasonCode, *_: Any) -> None:
        if mid in self._claims:
            self._claims[mid].set_result(str(reason) if reason.is_failure else "")

    async def close(self) -> None:
        """Say goodbye if the socket takes it at once, and leave neither socket nor task behind."""
        self._client.disconnect()
        self._client.loop_write()
        self._client._sock_close()  # noqa: SLF001 - paho has no public way to give up on a socket
        try:
            if self._misc_task is not None:
                self._misc_task.cancel()
                await asyncio.gather(self._misc_task, return_exceptions=True)
        finally:  # also where whoever closes it is cancelled
            for outcome in (self._connected, self._disconnected):
                if outcome.done() and not outcome.cancelled():
                    outcome.exception()  # seen, so that asyncio does not report it as forgotten

    # The callbacks of aiomqtt that we replace.

    def _on_message(self, client: paho.Client, userdata: Any, message: paho.MQTTMessage) -> None:
        self._deliver(message.topic, bytes(message.payload))

    def _on_disconnect(self, *_: Any) -> None:
        # aiomqtt would let open() wait for its limit when the broker closes instead of answering.
        for outcome in (self._connected, self._disconnected):
            if not outcome.done():
                outcome.set_exception(aiomqtt.MqttError("the broker closed the connection"))

    def _on_socket_register_write(self, client: paho.Client, userdata: Any, sock: Any) -> None:
        self._drained.clear()
        if self._is_sending:
            return
        if self._connected.done():
            self._loop.call_soon(self._flush)
        else:  # in the thread that connects; the socket may be gone by then
            self._loop.call_soon_threadsafe(self._flush)

    def _on_socket_unregister_write(self, client: paho.Client, userdata: Any, sock: Any) -> None:
        if self._has_writer:
            self._has_writer = False
            super()._on_socket_unregister_write(client, userdata, sock)
        self._drained.set()

    def _flush(self) -> None:
        self._client.loop_write()
        sock = self._client.socket()
        if sock is not None and self._client.want_write():
            self._has_writer = True
            self._loop.add_writer(sock.fileno(), self._flush)
