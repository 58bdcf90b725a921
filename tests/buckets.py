"""A bucket of a real S3 server on this machine: moto's, in a thread of the tests' process."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any
from unittest.mock import patch

import boto3  # type: ignore[import-untyped]
from moto.server import ThreadedMotoServer

_numbers = count(1)


@dataclass(frozen=True)
class Bucket:
    """Where it is for us and in which environment, and what is really in it."""

    name: str
    prefix: str
    environ: dict[str, str]
    client: Any

    @property
    def url(self) -> str:
        return f"s3://{self.name}/{self.prefix}"

    def objects(self) -> list[str]:
        found = self.client.list_objects_v2(Bucket=self.name).get("Contents", [])
        return [one["Key"] for one in found]

    def unfinished(self) -> list[str]:
        """Uploads that were begun, and neither completed nor aborted."""
        found = self.client.list_multipart_uploads(Bucket=self.name).get("Uploads", [])
        return [one["Key"] for one in found]

    def everything(self) -> list[str]:
        return self.objects() + self.unfinished()


@contextmanager
def s3_server() -> Iterator[dict[str, str]]:
    """Its environment, for our own processes as for boto3."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield {
            "AWS_ENDPOINT_URL": f"http://{host}:{port}",
            "AWS_ACCESS_KEY_ID": "tests",
            "AWS_SECRET_ACCESS_KEY": "tests",
            "AWS_REGION": "eu-central-1",
        }
    finally:
        server.stop()


def new_bucket(environ: dict[str, str]) -> Bucket:
    region = environ["AWS_REGION"]
    with patch.dict(os.environ, environ):
        client = boto3.client("s3", region_name=region)
    name = f"bucket-{next(_numbers)}"
    client.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": region})
    return Bucket(name, "files", environ, client)
