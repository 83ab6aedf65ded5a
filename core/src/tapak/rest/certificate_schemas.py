"""What REST takes and gives of certificates."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from tapak.rest.strict import Strict
from tapak.sdk.x509 import LARGEST

PEM = validate.Length(max=LARGEST)


class Upload(Strict):
    chain = fields.String(
        required=True, validate=PEM, metadata={"description": "PEM: the certificate, then those that issued it"}
    )
    key = fields.String(
        required=True, validate=PEM, metadata={"description": "PEM: the private key, without a password; write-only"}
    )
    roots = fields.String(
        load_default="", validate=PEM, metadata={"description": "PEM: the root, where the issuer is the agency's own"}
    )


class Certificate(Schema):
    key = fields.String(metadata={"description": "of its connection"})
    names = fields.List(fields.String())
    issuer = fields.String()
    not_before = fields.AwareDateTime()
    not_after = fields.AwareDateTime()
    fingerprint = fields.String(metadata={"description": "SHA-256, in hexadecimal"})
    sites = fields.Integer(metadata={"description": "how many sites use it"})
    ends_soon = fields.Boolean()
