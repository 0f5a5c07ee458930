"""The usual collector of a course or a first project: Flask's own server, kafka-python's `send`.

It answers before Kafka has the event and checks nothing. It is written as well as this shape allows: one
producer for the process with its own defaults, threads as Flask's server has them, no line of log for
each request.

    python usual_server.py PORT BOOTSTRAP_SERVERS TOPIC
"""

import json
import logging
import sys

from flask import Flask, request
from kafka import KafkaAdminClient, KafkaProducer
from kafka.errors import TopicAlreadyExistsError

PARTITIONS = 4


def create_app(bootstrap: str, topic: str) -> Flask:
    """Return the application; connects to Kafka at once."""
    app = Flask(__name__)
    producer = KafkaProducer(bootstrap_servers=bootstrap)

    def log_to_kafka(event: dict[str, object]) -> None:
        producer.send(topic, json.dumps({**event, **request.headers}).encode())

    @app.get("/")
    def default_response() -> str:
        log_to_kafka({"event_type": "default"})
        return "This is the default response!\n"

    @app.get("/purchase_a_sword")
    def purchase_a_sword() -> str:
        log_to_kafka({"event_type": "purchase_sword"})
        return "Sword Purchased!\n"

    return app


def ensure_topic(bootstrap: str, topic: str) -> None:
    """Make the topic; may be called again."""
    with KafkaAdminClient(bootstrap_servers=bootstrap) as admin:
        try:
            admin.create_topics(
                {topic: {"num_partitions": PARTITIONS, "replication_factor": 1}}, wait_for_metadata=True
            )
        except TopicAlreadyExistsError:
            admin.wait_for_topics([topic])


def main(port: str, bootstrap: str, topic: str) -> None:
    """Answer until ended."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    ensure_topic(bootstrap, topic)
    create_app(bootstrap, topic).run(host="127.0.0.1", port=int(port), threaded=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
