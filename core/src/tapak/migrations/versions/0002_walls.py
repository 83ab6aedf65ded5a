"""Walls: row-level security, grants, the audit chain

A policy names ``tapak_app`` and reads the tenant by plain ``current_setting``, so that a query without a tenant fails
loudly. Row-level security is enabled, not forced: forcing it would silently empty migrations and dumps of the owner.
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TENANT_TABLES = (
    "account",
    "address",
    "agency",
    "audit_event",
    "audit_head",
    "calendar_day",
    "connection",
    "deadline",
    "document",
    "held_name",
    "idempotency_key",
    "journal_entry",
    "number_series",
    "pause",
    "plugin_setting",
    "position",
    "position_holder",
    "register_row",
    "request",
    "resource",
    "revision",
    "service",
    "sign_in_failure",
    "snapshot",
    "task",
    "wake",
    "web_session",
    "zone",
    "zone_state",
)
APPEND_ONLY = ("audit_event", "journal_entry", "register_row", "revision", "snapshot")
DELETABLE = (
    "calendar_day",
    "deadline",
    "held_name",
    "idempotency_key",
    "position_holder",
    "sign_in_failure",
    "wake",
    "web_session",
)
READ_ONLY = ("audit_head",)

AUDIT = """
create function audit_payload(event audit_event) returns text language sql stable as $$
    select jsonb_build_array(
        event.previous, event.tenant_id, event.seq, (extract(epoch from event.at) * 1000000)::bigint, event.kind,
        event.request_id, event.account_id, event.actor, event.acting_as, event.summary, event.content, event.shown
    )::text
$$;

create function audit_chain() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
declare
    head audit_head;
begin
    select * into head from audit_head where tenant_id = new.tenant_id for update;
    if not found then
        insert into audit_head (tenant_id, seq, hash) values (new.tenant_id, 0, '')
            on conflict (tenant_id) do nothing;
        select * into head from audit_head where tenant_id = new.tenant_id for update;
    end if;
    new.seq := head.seq + 1;
    new.at := clock_timestamp();
    new.previous := head.hash;
    new.hash := encode(sha256(convert_to(audit_payload(new), 'UTF8')), 'hex');
    update audit_head set seq = new.seq, hash = new.hash where tenant_id = new.tenant_id;
    return new;
end
$$;

create trigger audit_chain before insert on audit_event for each row execute function audit_chain();

create function append_only() returns trigger language plpgsql as $$
begin
    raise exception 'rows of % are never changed', tg_table_name using errcode = 'restrict_violation';
end
$$;
"""

OPEN_CODES = """
create function open_codes() returns table (code text, kinds text[]) language sql stable
security definer set search_path = public, pg_temp as $$
    select distinct
        snapshot.code, array(select jsonb_path_query(snapshot.content, '$.steps[*].kind') #>> '{}' order by 1)
    from snapshot
    where exists (
        select 1 from request
        where request.tenant_id = snapshot.tenant_id and request.snapshot_id = snapshot.id
            and request.state not in ('refused', 'done', 'cancelled')
    )
$$;

revoke all on function open_codes() from public;
grant execute on function open_codes() to tapak_app;
"""


def upgrade() -> None:
    op.execute("grant usage on schema public to tapak_app, tapak_relay")
    op.execute("grant select on tenant, tenant_host to tapak_app")
    op.execute("create sequence wake_fence")
    op.execute("grant usage on sequence wake_fence to tapak_app")
    for table in TENANT_TABLES:
        op.execute(f"alter table {table} enable row level security")
        op.execute(
            f"create policy tenant on {table} to tapak_app"
            " using (tenant_id = current_setting('tapak.tenant')::bigint)"
            " with check (tenant_id = current_setting('tapak.tenant')::bigint)"
        )
        if table in READ_ONLY:
            op.execute(f"grant select on {table} to tapak_app")
            continue
        op.execute(f"grant select, insert on {table} to tapak_app")
        if table not in APPEND_ONLY:
            op.execute(f"grant update on {table} to tapak_app")
        if table in DELETABLE:
            op.execute(f"grant delete on {table} to tapak_app")
    op.execute("create policy relay on wake to tapak_relay using (true)")
    op.execute("grant select on wake to tapak_relay")
    op.execute("grant update (next_at) on wake to tapak_relay")
    op.execute(AUDIT)
    op.execute(OPEN_CODES)
    for table in APPEND_ONLY:
        op.execute(
            f"create trigger append_only before update or delete on {table} for each row execute function append_only()"
        )
