/** What operators see and do: dead letters, consumers. */
export const OPERATIONS = /* sql */ `
-- Messages that were given up, of both kinds. An event's letter is the head of its park key; others wait behind it.
create view $schema.dead_letter as
  select 'e' || h.id as id, 'event' as kind, h.consumer, h.type,
         case when h.stream_id is not null then jsonb_build_object('type', h.stream_type, 'id', h.stream_id) end as stream,
         h.position::float8 as position, h.attempts, h.dead_at as "deadAt", h.history -> -1 ->> 'error' as error,
         (select count(*)::int from $schema.held_message w
           where w.consumer = h.consumer and w.park_key = h.park_key and w.position > h.position) as waiting,
         h.payload, h.headers, h.history
    from $schema.held_message h where h.dead_at is not null
  union all
  select 'c' || c.id, 'command', c.type, c.type,
         case when c.stream_id is not null then jsonb_build_object('type', c.stream_type, 'id', c.stream_id) end,
         null, c.attempts, c.dead_at, c.history -> -1 ->> 'error',
         (select count(*)::int from $schema.queued_command w where w.key = c.key and w.id > c.id),
         c.payload, c.headers, c.history
    from $schema.queued_command c where c.dead_at is not null;

-- Makes matching letters due at once, with a fresh schedule; the history keeps what was, and who did this.
create function $schema.retry_dead(letter text, consumer_name text, message_type text, stream_name text, now_at timestamptz, actor text)
returns int language plpgsql as $$
declare
  entry jsonb := jsonb_build_array(jsonb_build_object('at', now_at, 'action', 'retried', 'actor', actor));
  retried int;
begin
  with letters as (
    select d.id from $schema.dead_letter d
     where (letter is null or d.id = letter) and (consumer_name is null or d.consumer = consumer_name)
       and (message_type is null or d.type = message_type) and (stream_name is null or d.stream ->> 'id' = stream_name)
  ), events as (
    update $schema.held_message h set dead_at = null, next_attempt_at = now_at, attempts = 0, history = h.history || entry
      from letters l where l.id = 'e' || h.id and h.dead_at is not null returning 1
  ), commands as (
    update $schema.queued_command c set dead_at = null, due_at = now_at, attempts = 0, history = c.history || entry
      from letters l where l.id = 'c' || c.id and c.dead_at is not null returning 1
  )
  select (select count(*) from events) + (select count(*) from commands) into retried;
  return retried;
end $$;

-- What was discarded, by whom and why; pruned with the log.
create table $schema.discarded_message (
  id text primary key,
  consumer text not null,
  type text not null,
  payload jsonb not null,
  history jsonb not null,
  reason text not null,
  actor text not null,
  discarded_at timestamptz not null
);

create function $schema.discard_dead(letter text, reason text, actor text, now_at timestamptz) returns boolean
language plpgsql as $$
declare
  found_letter record;
begin
  select * into found_letter from $schema.dead_letter d where d.id = letter;
  if not found then
    return false;
  end if;
  if found_letter.kind = 'event' then
    -- Somebody else may have retried or discarded it just now.
    perform 1 from $schema.held_message where id = substr(letter, 2)::bigint and dead_at is not null for update;
    if not found then
      return false;
    end if;
    perform $schema.release_held(substr(letter, 2)::bigint, now_at);
  else
    delete from $schema.queued_command where id = substr(letter, 2)::bigint and dead_at is not null;
    if not found then
      return false;
    end if;
  end if;
  insert into $schema.discarded_message (id, consumer, type, payload, history, reason, actor, discarded_at)
  values (letter, found_letter.consumer, found_letter.type, found_letter.payload, found_letter.history, reason, actor, now_at);
  return true;
end $$;

-- How far every consumer is; from tables alone, so that it is true when no worker runs. Looks at most at so many events
-- of a lane, or an orphaned consumer would have the whole log read.
create function $schema.consumer_lag(most int)
returns table (name text, "position" bigint, events bigint, oldest timestamptz) language sql stable as $$
  with lane as (
    select c.name, c.types, p.partition, coalesce((
             select g.to_position from $schema.consumer_progress g
              where g.consumer = c.name and g.partition = p.partition and g.generation = c.generation
              order by g.from_position desc limit 1), c.start_position) as position
      from $schema.consumer c cross join $schema.lease p
  ), behind as (
    select l.name, l.position, b.*
      from lane l cross join lateral (
        select count(*) filter (where e.concerned) as events,
               -- Where none of these concerns it, there may be one among those that come later.
               count(*) = most as cut,
               coalesce(min(e.occurred_at) filter (where e.concerned),
                        case when count(*) = most then max(e.occurred_at) end) as oldest
          from (select e.occurred_at, l.types is null or e.type = any (l.types) as concerned
                  from $schema.event_log e
                 where e.partition = l.partition and e.position > l.position
                 order by e.position limit most) e) b
  )
  select b.name,
         -- A partition without newer events holds nobody back.
         coalesce(min(b.position) filter (where b.events > 0 or b.cut),
                  (select coalesce(max(e.position), 0) from $schema.event_log e)),
         sum(b.events)::bigint, min(b.oldest)
    from behind b group by b.name;
$$;

-- The same for operators, with what holds a consumer up.
create view $schema.consumer_status as
  select c.name, c.types, c.generation, l.position::float8 as position, l.events::float8 as lag,
         coalesce(greatest(extract(epoch from clock_timestamp() - l.oldest), 0), 0)::float8 as "lagSeconds",
         (select count(distinct h.park_key)::int from $schema.held_message h where h.consumer = c.name) as "heldKeys",
         (select count(*)::int from $schema.held_message h where h.consumer = c.name) as "heldMessages",
         (select count(*)::int from $schema.held_message h where h.consumer = c.name and h.dead_at is not null) as "deadMessages"
    from $schema.consumer c join $schema.consumer_lag(1000) l using (name);
`;
