"""Visual inspection, end to end: from pictures on disk to a model that sorts boards, and back.

The app is plain boto3 and knows nothing of mlmock: it uploads pictures and a manifest, trains a
model, hosts it, asks it about new boards, stops and deletes it. Lookout for Vision, which AWS ended
in 2025, is mlmock's; the buckets are moto's. Run it with
`python -m examples.lookoutvision_inspection`; it needs boto3 and moto, and no AWS account.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import boto3
from moto import mock_aws

from mlmock import MockML, __version__, after, mock_ml

REGION = "eu-west-1"
BUCKET = "boards"
MORNING = datetime(2025, 6, 3, 9, tzinfo=timezone.utc)
LABEL = "groundtruth/image-classification"


class Inspection:
    """The app: trains a model with a folder of pictures, and asks it about others."""

    def __init__(self, project: str, wait: Callable[[float], None]) -> None:
        self.project = project
        self.wait = wait
        self.vision: Any = boto3.client("lookoutvision", region_name=REGION)
        self.s3: Any = boto3.client("s3", region_name=REGION)

    def upload(self, folder: Path) -> str:
        """Put the pictures of a folder and their manifest into S3; return the manifest's key."""
        where = {"LocationConstraint": REGION}
        self.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration=where)
        pictures = sorted(folder.rglob("*.png"))
        for picture in pictures:
            key = str(picture.relative_to(folder))
            self.s3.put_object(Bucket=BUCKET, Key=key, Body=picture.read_bytes())
        manifest = folder / "train.manifest"
        manifest.write_text("\n".join(map(manifest_line, pictures)), encoding="utf-8")
        self.s3.upload_file(str(manifest), BUCKET, manifest.name)
        return manifest.name

    def prepare(self, manifest: str) -> dict[str, int]:
        """Make the project and its dataset; return what the service counted."""
        self.vision.create_project(ProjectName=self.project)
        train = {"ProjectName": self.project, "DatasetType": "train"}
        place = {"S3Object": {"Bucket": BUCKET, "Key": manifest}}
        self.vision.create_dataset(**train, DatasetSource={"GroundTruthManifest": place})
        while True:
            shown = self.vision.describe_dataset(**train)["DatasetDescription"]
            if shown["Status"] != "CREATE_IN_PROGRESS":
                counted: dict[str, int] = shown["ImageStats"]
                return counted
            self.wait(30)

    def train(self) -> dict[str, float]:
        """Train a model, and return how well it does."""
        output = {"S3Location": {"Bucket": BUCKET, "Prefix": "models/"}}
        self.vision.create_model(ProjectName=self.project, OutputConfig=output)
        performance: dict[str, float] = self.settled("TRAINING")["Performance"]
        return performance

    def host(self) -> None:
        """Start the model, and wait until it runs."""
        self.vision.start_model(**self.model, MinInferenceUnits=1)
        self.settled("STARTING_HOSTING")

    def ask(self, picture: Path) -> tuple[bool, float]:
        """Return if the board in a picture has an anomaly, and with what confidence."""
        with picture.open("rb") as body:
            answer = self.vision.detect_anomalies(**self.model, Body=body, ContentType="image/png")
        found = answer["DetectAnomalyResult"]
        return found["IsAnomalous"], found["Confidence"]

    def tidy_up(self) -> None:
        """Stop and delete the model, and delete the project with its dataset."""
        self.vision.stop_model(**self.model)
        self.settled("STOPPING_HOSTING")
        self.vision.delete_model(**self.model)
        while self.vision.list_models(ProjectName=self.project)["Models"]:
            self.wait(30)
        self.vision.delete_project(ProjectName=self.project)

    @property
    def model(self) -> dict[str, str]:
        """The one version there is."""
        return {"ProjectName": self.project, "ModelVersion": "1"}

    def settled(self, status: str) -> dict[str, Any]:
        """Return the model's description once it has left `status`."""
        while True:
            shown: dict[str, Any] = self.vision.describe_model(**self.model)["ModelDescription"]
            if shown["Status"] != status:
                print(f"  {shown['Status']}: {shown['StatusMessage']}")
                return shown
            self.wait(60)


def manifest_line(picture: Path) -> str:
    """Return the JSON line of a picture, which lies in a folder named as its label."""
    label = picture.parent.name
    metadata = {"class-name": label, "human-annotated": "yes", "type": LABEL}
    key = f"{label}/{picture.name}"
    line = {"source-ref": f"s3://{BUCKET}/{key}", "label": int(label == "anomaly")}
    return json.dumps({**line, "label-metadata": metadata})


def draw(ml: MockML, folder: Path) -> Iterator[Path]:
    """Draw boards: 24 good ones in greens, 12 scratched ones in reds."""
    for label, count, shade in (("normal", 24, "#00{:02X}00"), ("anomaly", 12, "#{:02X}0000")):
        (folder / label).mkdir(parents=True)
        for number in range(count):
            picture = folder / label / f"board-{number:02d}.png"
            picture.write_bytes(ml.lookoutvision.image(128, 96, shade.format(100 + number)))
            yield picture


def inspect(app: Inspection, ml: MockML, folder: Path) -> None:
    """Take a folder of pictures through the life of a model."""
    boards = list(draw(ml, folder))
    counted = app.prepare(app.upload(folder))
    print(f"{counted['Total']} pictures: {counted['Normal']} good, {counted['Anomaly']} scratched")
    print("\nTraining and hosting")
    performance = app.train()
    print("  " + ", ".join(f"{name} {value:.2f}" for name, value in sorted(performance.items())))
    app.host()

    print("\nNew boards")
    scratched = boards[-1].read_bytes()
    ml.lookoutvision.project(app.project).detect(anomalous=False, confidence=0.98)
    ml.lookoutvision.project(app.project).detect(anomalous=True, confidence=0.91, image=scratched)
    for board in (boards[0], boards[-1]):
        anomalous, confidence = app.ask(board)
        print(f"  {board.name}  {'REJECT' if anomalous else 'pass':<6}  {confidence:.2f}")

    print("\nCleaning up")
    app.tidy_up()
    print(f"  left: {app.vision.list_projects()['Projects']}")


def main() -> None:
    """Draw, train, host, ask, stop, delete."""
    began = time.perf_counter()
    print(f"mlmock {__version__}: boards under inspection, with moto's S3 beside it")
    with (
        tempfile.TemporaryDirectory() as folder,
        mock_aws(),
        mock_ml(region=REGION, now=MORNING, progress=after(600)) as ml,
    ):
        app = Inspection("circuits", wait=lambda seconds: ml.clock.advance(seconds=seconds))
        inspect(app, ml, Path(folder))
        print("\nLeft in S3")
        for uri in ml.s3.list(f"s3://{BUCKET}/models/"):
            print(f"  {uri}")
        virtual = ml.clock.now() - MORNING
        took = 1000 * (time.perf_counter() - began)
        print(f"\n{len(ml.calls)} calls over {virtual} of virtual time took {took:.0f} ms.")


if __name__ == "__main__":
    main()
