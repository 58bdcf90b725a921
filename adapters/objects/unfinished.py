"""What puts leave behind whose process was killed. obstore does not show it: it is no object."""

import os
import re
from asyncio import to_thread
from datetime import UTC, datetime
from pathlib import Path

from obstore import store

_PART = re.compile(r".+#\d+")  # how obstore calls a file that it writes


async def remove(place: store.ObjectStore, before: datetime) -> int:
    """What began before then; how many. Nothing at Google, where a lifecycle rule of the bucket does
    it, and in Azure, which does it by itself."""
    if isinstance(place, store.LocalStore) and place.prefix:
        return await to_thread(_in_folder, Path(place.prefix), before)
    if isinstance(place, store.S3Store):
        return await to_thread(_in_bucket, place.config["bucket"], place.prefix or "", before)
    return 0


def _in_folder(folder: Path, before: datetime) -> int:
    removed = 0
    for path in folder.rglob("*#*"):
        if _PART.fullmatch(path.name) and _modified_at(path) < before:
            path.unlink(missing_ok=True)
            removed += 1
    return removed


def _modified_at(path: Path) -> datetime:
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except FileNotFoundError:  # its put has ended
        return datetime.max.replace(tzinfo=UTC)


def _in_bucket(bucket: str, prefix: str, before: datetime) -> int:
    import boto3  # type: ignore[import-untyped]  # slow to import, and only S3 needs it
    from botocore.config import Config  # type: ignore[import-untyped]
    from botocore.exceptions import (  # type: ignore[import-untyped]
        BotoCoreError,
        ClientError,
    )

    # What obstore reads by itself: boto3 has another name for the region.
    region, style = os.environ.get("AWS_REGION"), Config(s3={"addressing_style": "path"})
    client = boto3.client("s3", region_name=region, config=style)
    listing = client.get_paginator("list_multipart_uploads")
    removed = 0
    try:
        for page in listing.paginate(Bucket=bucket, Prefix=prefix):
            for upload in page.get("Uploads", []):
                if upload["Initiated"] < before:
                    key, number = upload["Key"], upload["UploadId"]
                    client.abort_multipart_upload(Bucket=bucket, Key=key, UploadId=number)
                    removed += 1
    except (BotoCoreError, ClientError) as error:
        raise ConnectionError("S3 does not list its unfinished uploads") from error
    return removed
