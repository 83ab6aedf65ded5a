"""What REST takes and gives, as marshmallow schemas; the OpenAPI document is made of them."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from tapak.rest.strict import Strict


class SignIn(Strict):
    email = fields.String(required=True, validate=validate.Length(min=3, max=254))
    password = fields.String(required=True, load_only=True, validate=validate.Length(min=1, max=200))


class Held(Schema):
    key = fields.String()
    title = fields.String()
    kind = fields.String(metadata={"description": "definitive, acting_vacant (Plt.) or acting_daily (Plh.)"})
    label = fields.String()


class Person(Schema):
    account_id = fields.Integer()
    name = fields.String()
    email = fields.String()
    agency_id = fields.Integer(allow_none=True)
    admin = fields.Boolean()
    positions = fields.List(fields.Nested(Held))


class SessionOpened(Schema):
    token = fields.String(metadata={"description": "bearer token; told once"})
    expires_at = fields.AwareDateTime()
    person = fields.Nested(Person)


class TimeStandard(Schema):
    amount = fields.Integer()
    unit = fields.String()
    at_least = fields.Integer(allow_none=True)
    printed = fields.String()


class RequiredInput(Schema):
    title = fields.String()
    by = fields.String()
    inferred = fields.Boolean()
    added = fields.Boolean(metadata={"description": "asked for by the agency, not printed (di luar SOP)"})


class Outcome(Schema):
    key = fields.String()
    label = fields.String()
    to = fields.String()
    returns = fields.Boolean()
    refuses = fields.Boolean()
    outside_sop = fields.Boolean()


class Step(Schema):
    key = fields.String()
    number = fields.String()
    title = fields.String()
    actor = fields.String()
    kind = fields.String()
    required_inputs = fields.List(fields.Nested(RequiredInput))
    time_standard = fields.Nested(TimeStandard)
    limit = fields.Nested(
        TimeStandard, allow_none=True, metadata={"description": "the agency's own, which deadlines go by"}
    )
    waiting_minutes = fields.Integer(metadata={"description": "0: the agency's for every step"})
    output = fields.List(fields.String())
    outcomes = fields.List(fields.Nested(Outcome))
    inferred = fields.List(fields.String())
    reports_to = fields.String()


class Actor(Schema):
    key = fields.String()
    title = fields.String()
    applicant = fields.Boolean()


class Header(Schema):
    number = fields.String()
    title = fields.String()
    agency = fields.String()
    unit = fields.String()
    created = fields.String()
    revised = fields.String()
    approved = fields.String()
    legal_basis = fields.List(fields.String())
    qualifications = fields.List(fields.String())
    related = fields.List(fields.String())
    equipment = fields.List(fields.String())
    warning = fields.List(fields.String())
    records = fields.List(fields.String())


class Service(Schema):
    key = fields.String()
    version = fields.Integer()
    service = fields.String()
    summary = fields.String()


class Procedure(Service):
    header = fields.Nested(Header)
    actors = fields.List(fields.Nested(Actor))
    steps = fields.List(fields.Nested(Step))


class StartRequest(Strict):
    service = fields.String(required=True, validate=validate.Length(max=100))


class RequestRow(Schema):
    id = fields.Integer()
    number = fields.String()
    subject = fields.String()
    state = fields.String()
    agency = fields.String()
    service = fields.String()
    step_number = fields.String()
    step_title = fields.String()
    step_name = fields.String(metadata={"description": "what it is called in short"})
    submitted_at = fields.AwareDateTime(allow_none=True)
    promised_end = fields.AwareDateTime(allow_none=True)
    expected_end = fields.AwareDateTime(allow_none=True)
    ended_at = fields.AwareDateTime(allow_none=True)
    open_task = fields.Integer(allow_none=True)
    needs_action = fields.Boolean()


class Task(Schema):
    id = fields.Integer()
    step = fields.String()
    step_number = fields.String()
    step_title = fields.String()
    step_name = fields.String(metadata={"description": "what it is called in short"})
    actor_title = fields.String(metadata={"description": "the column of the paper that acts"})
    state = fields.String()
    outcome = fields.String()
    revision = fields.Integer()
    actor = fields.String(metadata={"description": "who acted"})
    acting_as = fields.String()
    note = fields.String()
    arrived_at = fields.AwareDateTime()
    started_at = fields.AwareDateTime(allow_none=True)
    due_at = fields.AwareDateTime(allow_none=True)
    finished_at = fields.AwareDateTime(allow_none=True)
    waiting = fields.Integer(allow_none=True, metadata={"description": "seconds of working time before it was begun"})
    working = fields.Integer(allow_none=True, metadata={"description": "seconds of working time spent on it"})


class Request(Schema):
    id = fields.Integer()
    number = fields.String()
    tracking_code = fields.String()
    service = fields.String()
    procedure = fields.String()
    procedure_version = fields.Integer(metadata={"description": "the version of the procedure that it runs on"})
    subject = fields.String()
    state = fields.String()
    agency = fields.String()
    applicant = fields.String()
    revision = fields.Integer()
    version = fields.Integer()
    answers = fields.Dict()
    step = fields.String()
    submitted_at = fields.AwareDateTime(allow_none=True)
    promised_end = fields.AwareDateTime(allow_none=True)
    expected_end = fields.AwareDateTime(allow_none=True)
    ended_at = fields.AwareDateTime(allow_none=True)
    end_reason = fields.String()
    concerns_id = fields.Integer(allow_none=True, metadata={"description": "the service that it is to change"})
    change = fields.String(metadata={"description": "rename, address, officer, data or deactivate; else empty"})
    tasks = fields.List(fields.Nested(Task))


class Reason(Strict):
    reason = fields.String(required=True, validate=validate.Length(min=3, max=1000))
    version = fields.Integer(load_default=None, allow_none=True)


class Move(Reason):
    step = fields.String(required=True, validate=validate.Length(max=100))


class FormField(Schema):
    name = fields.String()
    label = fields.String()
    help = fields.String()
    widget = fields.String()
    required = fields.Boolean()
    page = fields.String()
    choices = fields.List(fields.List(fields.Raw()))
    limit = fields.Integer(allow_none=True)
    value = fields.Raw(allow_none=True)
    zone = fields.String(metadata={"description": "of a name: the field with its domain"})
    columns = fields.List(fields.Nested("FormField"), metadata={"description": "of a table"})
    most = fields.Integer(metadata={"description": "of a table: the greatest number of rows, else 0"})


class UploadWish(Schema):
    kind = fields.String()
    label = fields.String()
    help = fields.String()
    page = fields.String()
    media_types = fields.List(fields.String())
    largest = fields.Integer(metadata={"description": "bytes, sent in pieces; 0: the deployment's limit for forms"})
    scanned = fields.Boolean()


class Fact(Schema):
    key = fields.String()
    label = fields.String()
    value = fields.String(allow_none=True)
    unit = fields.String()
    source = fields.String(metadata={"description": "agent, logs, inventory, zone or manual"})
    problem = fields.String()
    details = fields.Dict()


class Compared(Schema):
    label = fields.String()
    before = fields.String(metadata={"description": "empty: nothing"})
    after = fields.String(metadata={"description": "empty: nothing"})


class TaskForm(Task):
    request_id = fields.Integer()
    request_number = fields.String()
    version = fields.Integer()
    kind = fields.String()
    required_inputs = fields.List(fields.Nested(RequiredInput))
    form = fields.List(fields.Nested(FormField))
    uploads = fields.List(fields.Nested(UploadWish))
    facts = fields.List(fields.Nested(Fact))
    facts_at = fields.AwareDateTime(allow_none=True)
    shown = fields.List(fields.List(fields.String()))
    compared = fields.List(fields.Nested(Compared), metadata={"description": "of a request for a change"})


class Draft(Strict):
    input = fields.Dict(keys=fields.String(), required=True)


class Begin(Strict):
    version = fields.Integer(load_default=None, allow_none=True)


class Finish(Strict):
    input = fields.Dict(keys=fields.String(), required=True, metadata={"description": "by the step's kind"})
    version = fields.Integer(
        load_default=None,
        allow_none=True,
        metadata={"description": "the request's version that was seen; required unless `If-Match` tells it"},
    )


class Finished(Schema):
    request = fields.Nested(Request)
    next_task = fields.Integer(allow_none=True)


class InboxRow(Schema):
    task_id = fields.Integer()
    request_id = fields.Integer()
    number = fields.String()
    subject = fields.String()
    agency = fields.String()
    step = fields.String()
    step_number = fields.String()
    step_title = fields.String()
    step_name = fields.String(metadata={"description": "what it is called in short"})
    state = fields.String()
    request_state = fields.String()
    arrived_at = fields.AwareDateTime()
    at = fields.AwareDateTime()
    due_at = fields.AwareDateTime(allow_none=True)
    overdue = fields.Boolean()
    escalated = fields.Boolean()


class Inbox(Schema):
    rows = fields.List(fields.Nested(InboxRow))
    next = fields.String(allow_none=True, metadata={"description": "cursor for `after`, or null"})


class Paging(Strict):
    after = fields.String(load_default=None, validate=validate.Length(max=100))
    limit = fields.Integer(load_default=50, validate=validate.Range(1, 200))


class Listing(Strict):
    state = fields.String(load_default="", validate=validate.Length(max=20))
    q = fields.String(load_default="", validate=validate.Length(max=100))
    before = fields.Integer(load_default=None, validate=validate.Range(1, 2**62))
    limit = fields.Integer(load_default=50, validate=validate.Range(1, 200))


class Document(Schema):
    id = fields.Integer()
    kind = fields.String()
    title = fields.String()
    filename = fields.String()
    media_type = fields.String()
    size = fields.Integer()
    sha256 = fields.String()
    revision = fields.Integer()
    state = fields.String()
    number = fields.String()
    created_at = fields.AwareDateTime()


class Report(Schema):
    document_id = fields.Integer()
    request_id = fields.Integer()
    title = fields.String()
    state = fields.String()
    created_at = fields.AwareDateTime()
    number = fields.String(metadata={"description": "the request's"})
    subject = fields.String()
    agency = fields.String()


class UploadForm(Strict):
    kind = fields.String(required=True, validate=validate.Length(max=60))


class Event(Schema):
    seq = fields.Integer()
    at = fields.AwareDateTime()
    kind = fields.String()
    actor = fields.String()
    acting_as = fields.String()
    summary = fields.String()


class Resource(Schema):
    id = fields.Integer()
    key = fields.String()
    kind = fields.String()
    identity = fields.String()
    state = fields.String()
    reason = fields.String()
    reason_code = fields.String()
    generation = fields.Integer()
    observed_generation = fields.Integer()
    spec = fields.Dict(allow_none=True, metadata={"description": "as wanted; null: to be gone"})
    probes = fields.List(fields.Dict())
    drift = fields.Dict(allow_none=True)
    verified_at = fields.AwareDateTime(allow_none=True)


class Availability(Schema):
    name = fields.String()
    available = fields.Boolean()
    problem = fields.String()
    checked_at = fields.AwareDateTime(
        allow_none=True, metadata={"description": "when the zone's server was last asked; null: never, or not needed"}
    )
    current = fields.Boolean(metadata={"description": "false: the server doesn't answer now; this is as it last stood"})


class Problem(Schema):
    """RFC 9457 problem details; ``code`` and ``fields`` are our extensions."""

    type = fields.String()
    title = fields.String()
    status = fields.Integer()
    detail = fields.String()
    code = fields.String()
    fields_ = fields.Dict(data_key="fields")
