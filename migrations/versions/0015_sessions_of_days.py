"""user_analytics tells of sessions: in how many conversations somebody was active, and for how long.

Revises: 0014
"""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

DAYS = """
SELECT
    bucket.user_id,
    (bucket.start AT TIME ZONE users.timezone)::date AS date,
    sum(queries)::bigint AS total_queries,
    sum(successful_queries)::bigint AS successful_queries,
    sum(failed_queries)::bigint AS failed_queries,
    sum(input_tokens + cached_input_tokens + output_tokens + reasoning_tokens)::bigint
        AS total_tokens,
    sum(input_tokens + cached_input_tokens)::bigint AS prompt_tokens,
    sum(output_tokens + reasoning_tokens)::bigint AS completion_tokens,
    (sum(response_ms) / nullif(sum(successful_queries), 0) / 1000)::float8 AS avg_response_time,
    sum(documents_uploaded)::bigint AS documents_uploaded,
    sum(documents_analyzed)::bigint AS documents_analyzed,
    sum(document_bytes)::bigint AS total_document_size,
    sum(executions)::bigint AS workflows_executed,
    sum(executions_completed)::bigint AS workflows_completed,
    sum(executions_failed)::bigint AS workflows_failed,
    sum(cost) AS estimated_cost,
    sum(unpriced_calls)::bigint AS unpriced_calls
FROM usage_buckets bucket
JOIN users ON users.id = bucket.user_id
GROUP BY bucket.user_id, (bucket.start AT TIME ZONE users.timezone)::date
"""
BEFORE = f"CREATE VIEW user_analytics WITH (security_invoker = true) AS {DAYS}"
# A session of a day is a conversation in which something was asked on it, from the first question
# that was asked until the last answer was there. `session_duration` is their mean, in seconds.
AFTER = f"""
CREATE VIEW user_analytics WITH (security_invoker = true) AS
WITH days AS ({DAYS}),
sessions AS (
    SELECT
        event.user_id,
        (event.started_at AT TIME ZONE users.timezone)::date AS date,
        min(event.started_at - event.queue_ms * interval '1 millisecond') AS began,
        max(event.started_at + event.total_ms * interval '1 millisecond') AS ended
    FROM usage_events event
    JOIN users ON users.id = event.user_id
    WHERE event.conversation_id IS NOT NULL
    GROUP BY event.user_id, date, event.conversation_id
),
active AS (
    SELECT user_id, date, count(*) AS sessions, avg(extract(epoch FROM ended - began)) AS seconds
    FROM sessions
    GROUP BY user_id, date
)
SELECT
    days.*,
    coalesce(active.sessions, 0) AS active_sessions,
    coalesce(active.seconds, 0)::float8 AS session_duration
FROM days
LEFT JOIN active USING (user_id, date)
"""  # noqa: S608  # our own text


def upgrade() -> None:
    op.execute("DROP VIEW user_analytics")
    op.execute(AFTER)


def downgrade() -> None:
    op.execute("DROP VIEW user_analytics")
    op.execute(BEFORE)
