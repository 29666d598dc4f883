"""boto3's default session before, inside and after a mock."""

from tests.interception.isolated_process import KEYS, NAME, names, start

# isort: split
import boto3
from moto import mock_aws

from mlmock import mock_ml

# created inside: removed afterwards, and not used by the next mock
boto3.DEFAULT_SESSION = None
sessions = []
for region in ("us-east-1", "eu-west-1"):
    with mock_ml(region=region) as ml:
        client = boto3.client(NAME)
        assert client.meta.region_name == region
        start(client)
        sessions.append(boto3._get_default_session())
        assert boto3._get_default_session() is sessions[-1]  # one session for the whole mock
        ml.reset()
        assert boto3._get_default_session() is sessions[-1]
    assert boto3.DEFAULT_SESSION is None
assert sessions[0] is not sessions[1]

# created before: used inside, kept afterwards
boto3.setup_default_session(region_name="ap-south-1", **KEYS)
own_session = boto3.DEFAULT_SESSION
with mock_ml():
    client = boto3.client(NAME)
    assert client.meta.region_name == "ap-south-1"
    assert start(client).split(":")[3] == "ap-south-1"
    assert boto3.DEFAULT_SESSION is own_session
assert boto3.DEFAULT_SESSION is own_session

# set up inside: the earlier one is restored, also after a reset or a savepoint
with mock_ml() as ml:
    boto3.setup_default_session(region_name="eu-north-1")
    assert start(boto3.client(NAME)).split(":")[3] == "eu-north-1"
    ml.reset()
assert boto3.DEFAULT_SESSION is own_session
with mock_ml() as ml:
    with ml.savepoint():
        boto3.setup_default_session(region_name="eu-north-1")
    assert boto3.client(NAME).meta.region_name == "eu-north-1"
assert boto3.DEFAULT_SESSION is own_session
with mock_ml(), mock_ml():
    boto3.setup_default_session(region_name="eu-north-1")
assert boto3.DEFAULT_SESSION is own_session

# replaced inside with an existing session: the replacement stays
other = boto3.Session(region_name="sa-east-1", **KEYS)
with mock_ml():
    boto3.DEFAULT_SESSION = other
    assert boto3.client(NAME).meta.region_name == "sa-east-1"
assert boto3.DEFAULT_SESSION is other

# moto removes and restores it
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

# overlapping: moto keeps a session that was set up inside a mock that ends first
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
