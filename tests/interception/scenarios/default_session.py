"""boto3's default session before, inside and after a block."""

from tests.interception.isolated_process import KEYS, NAME, names, start

# isort: split
import boto3
from moto import mock_aws

from mlmock import mock_ml

# made inside: gone afterwards, and never seen by the next block
boto3.DEFAULT_SESSION = None
seen = []
for region in ("us-east-1", "eu-west-1"):
    with mock_ml(region=region) as ml:
        client = boto3.client(NAME)
        assert client.meta.region_name == region
        start(client)
        seen.append(boto3._get_default_session())
        assert boto3._get_default_session() is seen[-1]  # one for the whole block
        ml.reset()
        assert boto3._get_default_session() is seen[-1]
    assert boto3.DEFAULT_SESSION is None
assert seen[0] is not seen[1]

# made before: used inside, kept afterwards
boto3.setup_default_session(region_name="ap-south-1", **KEYS)
mine = boto3.DEFAULT_SESSION
with mock_ml():
    client = boto3.client(NAME)
    assert client.meta.region_name == "ap-south-1"
    assert start(client).split(":")[3] == "ap-south-1"
    assert boto3.DEFAULT_SESSION is mine
assert boto3.DEFAULT_SESSION is mine

# set up inside: the one of before comes back, also over a reset or a savepoint
with mock_ml() as ml:
    boto3.setup_default_session(region_name="eu-north-1")
    assert start(boto3.client(NAME)).split(":")[3] == "eu-north-1"
    ml.reset()
assert boto3.DEFAULT_SESSION is mine
with mock_ml() as ml:
    with ml.savepoint():
        boto3.setup_default_session(region_name="eu-north-1")
    assert boto3.client(NAME).meta.region_name == "eu-north-1"
assert boto3.DEFAULT_SESSION is mine
with mock_ml(), mock_ml():
    boto3.setup_default_session(region_name="eu-north-1")
assert boto3.DEFAULT_SESSION is mine

# somebody else has replaced it, with a session that isn't of the block: theirs stays
other = boto3.Session(region_name="sa-east-1", **KEYS)
with mock_ml():
    boto3.DEFAULT_SESSION = other
    assert boto3.client(NAME).meta.region_name == "sa-east-1"
assert boto3.DEFAULT_SESSION is other

# moto takes it away and puts it back
with mock_ml(region="eu-west-1"):
    with mock_aws():
        assert boto3.DEFAULT_SESSION is None
        assert names(boto3.client(NAME)) == []
        assert boto3.client(NAME).meta.region_name == "eu-west-1"
        boto3.client("s3").list_buckets()
    assert boto3.DEFAULT_SESSION is other
with mock_aws():
    with mock_ml(region="eu-west-1"):
        boto3.setup_default_session(region_name="eu-north-1")
    assert boto3.DEFAULT_SESSION is None
assert boto3.DEFAULT_SESSION is other

# overlapping: moto keeps a session that was set up inside our block, which ends first
ml, aws = mock_ml(), mock_aws()
ml.start()
boto3.setup_default_session(region_name="eu-north-1")
aws.start()
ml.stop()
aws.stop()
assert boto3.DEFAULT_SESSION is other
boto3.DEFAULT_SESSION = None
with mock_ml():
    assert boto3.Session().get_credentials() is not None
